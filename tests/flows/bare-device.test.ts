import { describe, expect, test } from 'vitest';
import { type GatewayWorld, startGatewayWorld } from '../support/gateway-world.ts';
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { type MosquittoTools, mosquittoTools } from '../support/mosquitto-tools.ts';

const td = JSON.stringify({
  title: 'Greenhouse',
  properties: {
    temperature: { type: 'number', unit: 'degree celsius', readOnly: true },
    window: { type: 'integer', minimum: 0, maximum: 100, unit: 'percent' },
  },
});
const retain = { retain: true } as const;
const id = 'urn:thing:greenhouse';

interface Scene extends AsyncDisposable {
  readonly world: GatewayWorld;
  readonly device: MosquittoTools;
}

async function embedded(): Promise<Scene> {
  const world = await startGatewayWorld();
  const device = mosquittoTools(world.gateway.mqttUrl);
  return { world, device, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

async function external(): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const mosquitto = stack.use(await startMosquitto());
  const world = stack.use(await startGatewayWorld({ broker: mosquitto.url }));
  const owned = stack.move();
  const device = mosquittoTools(mosquitto.url);
  return { world, device, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

describe.skipIf(!hasMosquitto()).each([
  ['the embedded broker', embedded],
  ['a real mosquitto', external],
])('a bare device on %s', (_name, setUp) => {
  async function announced(): Promise<Scene> {
    const scene = await setUp();
    await scene.device.publish('things/greenhouse/td', td, retain);
    await scene.device.publish(
      'things/greenhouse/values',
      '{"temperature":24.5,"window":0}',
      retain,
    );
    await scene.world.when(id, (thing) => thing.property('window') !== undefined);
    return scene;
  }

  test('becomes a Thing by two mosquitto_pub calls: listed, and readable by id and by name', async () => {
    await using scene = await announced();
    const list = (await (await scene.world.fetch('/things')).json()) as { id: string }[];
    expect(list.map((thing) => thing.id)).toContain(id);
    for (const name of ['greenhouse', encodeURIComponent(id)]) {
      const response = await scene.world.fetch(`/things/${name}/properties`);
      expect(await response.json()).toEqual({ temperature: 24.5, window: 0 });
    }
  });

  test('is written to: the wish arrives on set, and its values confirm it', async () => {
    await using scene = await announced();
    await using commands = await scene.device.subscribe('things/greenhouse/set');
    const written = scene.world.put('/things/greenhouse/properties/window', 30);
    expect(JSON.parse(await commands.next())).toEqual({ window: 30 });
    await scene.device.publish('things/greenhouse/values', '{"window":29}', retain);
    expect(await written).toBe(204);
    const response = await scene.world.fetch('/things/greenhouse/properties/window');
    expect(await response.json()).toBe(29);
  });

  test('is offline as soon as its will fires; then writes are refused at once, and the last value is still read', async () => {
    await using scene = await announced();
    const will = ['--will-topic', 'things/greenhouse/status', '--will-payload', '{"online":false}'];
    const connection = await scene.device.subscribe('none', ...will, '--will-retain');
    await scene.device.publish('things/greenhouse/status', '{"online":true}', retain);
    await scene.world.when(id, (thing) => thing.liveness.online);
    await connection[Symbol.asyncDispose]();
    await scene.world.when(id, (thing) => !thing.liveness.online);
    expect(await scene.world.put('/things/greenhouse/properties/window', 30)).toBe(503);
    const response = await scene.world.fetch('/things/greenhouse/properties/temperature');
    expect(await response.json()).toBe(24.5);
    const status = await scene.world.fetch('/things/greenhouse/status');
    expect(await status.json()).toMatchObject({ online: false });
  });

  test('is gone when its description is emptied', async () => {
    await using scene = await announced();
    await scene.device.publish('things/greenhouse/td', '', retain);
    await scene.world.gone(id);
    expect((await scene.world.fetch('/things/greenhouse')).status).toBe(404);
  });

  test('is told on error what was nonsense, the log has it once, and everything else goes on', async () => {
    await using scene = await announced();
    await using errors = await scene.device.subscribe('things/greenhouse/error');
    for (const nonsense of ['not JSON', 'not JSON either', '{"window":101}', '{"window":"wide"}']) {
      await scene.device.publish('things/greenhouse/values', nonsense);
    }
    expect(JSON.parse(await errors.next())).toMatchObject({ status: 400 });
    expect(JSON.parse(await errors.next()).detail).toContain('101');
    await scene.device.publish('things/greenhouse/values', '{"window":77}');
    await scene.world.when(id, (thing) => thing.property('window')?.value === 77);
    expect(scene.world.log.filter(({ level }) => level === 'warn')).toHaveLength(2);
  });

  test('may mix retained and plain messages', async () => {
    await using scene = await announced();
    const seen: unknown[] = [];
    const stop = scene.world.gateway.things.watch('all', (note) => {
      if (note.kind === 'property' && note.name === 'window') seen.push(note.state.value);
    });
    for (let n = 1; n <= 20; n++) {
      await scene.device.publish('things/greenhouse/values', `{"window":${n}}`, {
        retain: n % 2 === 0,
      });
    }
    await scene.world.when(id, (thing) => thing.property('window')?.value === 20);
    stop();
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });
});
