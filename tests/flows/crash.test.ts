import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import lamp from '@thingtalk/examples/lamp';
import { describe, expect, test } from 'vitest';
import { root } from '../architecture/house.ts';
import { startGatewayWorld } from '../support/gateway-world.ts';
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { kill9 } from '../support/mosquitto-tools.ts';

const brightness = `/things/${lamp.id}/properties/brightness`;

/** A Thing in a process of its own; disposing of it kills it. */
interface LampProcess extends AsyncDisposable {
  readonly child: ChildProcess;
}

/** Starts the lamp's process on the broker at `url`, with a keepalive of a second. */
async function startLamp(url: string): Promise<LampProcess> {
  const program = join(root, 'tests/support/lamp-process.ts');
  const child = spawn(process.execPath, ['-C', '@thingtalk/source', program, url, '1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return { child, [Symbol.asyncDispose]: () => kill9(child) };
}

describe('a Thing whose process', () => {
  test('is killed is offline, and a write is refused; back again, its values are right and it is written to', async () => {
    await using world = await startGatewayWorld();
    const { mqttUrl, things } = world.gateway;
    await using first = await startLamp(mqttUrl);
    await world.when(lamp.id, (thing) => thing.property('brightness') !== undefined);
    expect(await world.put(brightness, 60)).toBe(204);
    await kill9(first.child);
    await world.when(lamp.id, (thing) => !thing.liveness.online);
    expect(await world.put(brightness, 70)).toBe(503);
    expect((await things.readProperty(lamp.id, 'brightness')).value).toBe(60);

    await using _second = await startLamp(mqttUrl);
    // A new boot: the lamp has forgotten 60, and the refused 70 was kept by nobody.
    const back = await world.when(lamp.id, (thing) => {
      return thing.liveness.online && thing.property('brightness')?.value === 50;
    });
    expect(back.answers).toBe(true);
    expect(await world.put(brightness, 80)).toBe(204);
  }, 60_000);

  test('is stopped, so that its connection only seems to live, is offline within one and a half keepalives', async () => {
    await using world = await startGatewayWorld();
    await using stopped = await startLamp(world.gateway.mqttUrl);
    await world.when(lamp.id, (thing) => thing.property('brightness') !== undefined);
    stopped.child.kill('SIGSTOP');
    // Nobody can know yet: the write is given up at its deadline.
    const response = await world.fetch(brightness, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', prefer: 'wait=1' },
      body: '70',
    });
    expect(response.status).toBe(503);
    await world.when(lamp.id, (thing) => !thing.liveness.online);
    stopped.child.kill('SIGCONT');
    await world.when(lamp.id, (thing) => thing.liveness.online);
    expect(await world.put(brightness, 80)).toBe(204);
  }, 60_000);
});

describe.skipIf(!hasMosquitto())('a mosquitto that', () => {
  test('is killed and restarted finds everything connected again, and no request hangs', async () => {
    await using mosquitto = await startMosquitto();
    await using world = await startGatewayWorld({ broker: mosquitto.url });
    await using _thing = await startLamp(mosquitto.url);
    await world.when(lamp.id, (thing) => thing.property('brightness') !== undefined);
    expect(await world.put(brightness, 60)).toBe(204);

    await mosquitto.kill9();
    const inFlight = await Promise.all([1, 2, 3].map((value) => world.put(brightness, value)));
    expect(inFlight).toEqual([503, 503, 503]);
    expect((await world.fetch('/health')).status).toBe(503);
    expect((await world.fetch(brightness)).status).toBe(200);

    await mosquitto.restart();
    while ((await world.put(brightness, 90)) !== 204);
    expect((await world.fetch('/health')).status).toBe(200);
    expect(await (await world.fetch(brightness)).json()).toBe(90);
  }, 60_000);
});
