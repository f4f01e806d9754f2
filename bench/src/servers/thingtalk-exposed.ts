/** Ours as a device: lamps exposed by a `Servient` in this process, on a bus in memory. */
import { type ExposedThing, MemoryBus, Servient } from '@thingtalk/core';
import { ajvSchemas } from '@thingtalk/core/validate';
import { runServer } from './contract.ts';
import { lamp } from './definitions.ts';

const servient = new Servient({ bus: new MemoryBus(), schemas: ajvSchemas() });
// What serves them is held by the servient; a program holds on to its Things as well.
const exposed: ExposedThing<ReturnType<typeof lamp>['td']>[] = [];

await runServer({
  port: 0,
  populate: async (count) => {
    for (let n = 1; n <= count; n++) exposed.push(await servient.expose(lamp(n)));
  },
  count: () => exposed.length,
});
