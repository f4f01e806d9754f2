/** Eclipse Thingweb's node-wot, serving the lamp over HTTP; and as many more as it is told. */
import bindingHttp from '@node-wot/binding-http';
import core from '@node-wot/core';
import { runServer } from './contract.ts';
import { lampId, lampIdOf, lampTd } from './lamp.ts';

const http = new bindingHttp.HttpServer({ port: 0, address: '127.0.0.1' });
const servient = new core.Servient();
servient.addServer(http);
const wot = await servient.start();
let served = 0;

async function expose(id: string, number = 0): Promise<void> {
  const state = { on: true, brightness: 50 };
  const thing = await wot.produce({ ...structuredClone(lampTd(number)), id } as never);
  thing.setPropertyReadHandler('on', async () => state.on);
  thing.setPropertyReadHandler('brightness', async () => state.brightness);
  thing.setPropertyWriteHandler('on', async (output) => {
    state.on = (await output.value()) as boolean;
  });
  thing.setPropertyWriteHandler('brightness', async (output) => {
    state.brightness = (await output.value()) as number;
  });
  thing.setActionHandler('fade', async () => undefined);
  await thing.expose();
  served++;
}

await expose(lampId);
await runServer({
  port: http.getPort(),
  populate: async (count) => {
    for (let n = 0; n < count; n++) await expose(lampIdOf(n + 1), n + 1);
  },
  count: () => served,
});
