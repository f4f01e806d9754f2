import { describe, expect, test } from 'vitest';
import { Payload } from '../data/payload.ts';
import { CrashWorld } from '../testing/crash-world.ts';
import { settle } from '../testing/fake-clock.ts';

const unknown = {
  status: 'failed',
  error: { type: 'urn:thingtalk:problem:action-outcome-unknown', detail: expect.any(String) },
};

describe('when the gateway dies and the Thing lives', () => {
  test.each(['press', 'home'] as const)(
    'a run of %s that it was asked for is followed to its end by the next gateway, and begun once',
    async (action) => {
      await using world = await CrashWorld.open();
      world.onBegin = () => world.crashGateway();
      world.ask(action, 'r');
      await settle();
      await world.startGateway();
      expect(world.run('r')?.status).toBe('running');
      await world.clock.advance(100);
      expect(world.run('r')?.status).toBe('completed');
      expect(world.begun.get('r')).toBe(1);
    },
  );

  test('a run that ended while nobody listened is found as it ended', async () => {
    await using world = await CrashWorld.open();
    world.onBegin = () => world.crashGateway();
    world.ask('press', 'r');
    await world.clock.advance(100);
    await world.startGateway();
    expect(world.run('r')).toMatchObject({ status: 'completed', timeEnded: expect.any(String) });
    expect(world.begun.get('r')).toBe(1);
  });

  test('a run that was stored but that the Thing was not asked for is asked for', async () => {
    await using world = await CrashWorld.open();
    world.things.watch('all', () => world.crashGateway());
    world.ask('press', 'r');
    await settle();
    expect(world.begun.get('r')).toBeUndefined();
    await world.startGateway();
    expect(world.run('r')?.status).toBe('running');
  });

  test('the Thing is asked again until it answers, and no more once it has', async () => {
    await using world = await CrashWorld.open();
    world.things.watch('all', () => world.crashGateway());
    world.ask('press', 'r');
    await settle();
    const asked: string[] = [];
    await world.bus.subscribe('things/+/request_action/#', ({ topic }) => void asked.push(topic));
    world.isDeaf = true;
    await world.startGateway();
    await world.clock.advance(9_000);
    expect(asked).toHaveLength(3);
    expect(world.run('r')?.status).toBe('pending');
    world.isDeaf = false;
    await world.clock.advance(60_000);
    expect(asked).toHaveLength(4);
    expect(world.run('r')?.status).toBe('completed');
  });
});

test('a run whose id the client chose is stored before the Thing is asked: asked for again after a crash, it is found', async () => {
  await using world = await CrashWorld.open();
  world.commitMs = 5;
  world.ask('press', 'r');
  await world.clock.advance(4);
  expect(world.begun.size).toBe(0);
  world.crashGateway();
  await world.startGateway();
  expect(world.run('r')).toBeUndefined();
  world.ask('press', 'r');
  await world.clock.advance(200);
  expect(world.run('r')?.status).toBe('completed');
  expect(world.begun.get('r')).toBe(1);
});

test('a run that was asked for on the bus, and ended while no gateway listened, is answered as it ended', async () => {
  await using world = await CrashWorld.open();
  world.crashGateway();
  const request = Payload.of({ press: { id: 'r' } });
  await world.bus.publish('things/urn:dev:machine/request_action', request);
  await world.clock.advance(100);
  await world.startGateway();
  world.ask('press', 'r');
  await settle();
  expect(world.run('r')?.status).toBe('completed');
  expect(world.begun.get('r')).toBe(1);
});

describe('when the Thing dies too', () => {
  test('a run that is not idempotent has failed with an unknown outcome, and is not begun again', async () => {
    await using world = await CrashWorld.open();
    world.onBegin = () => world.crashGateway();
    world.ask('press', 'r');
    await settle();
    await world.crashMachine();
    await world.startGateway();
    expect(world.run('r')?.status).toBe('pending');
    await world.startMachine();
    expect(world.run('r')).toMatchObject(unknown);
    world.ask('press', 'r');
    await world.clock.advance(1_000);
    expect(world.begun.get('r')).toBe(1);
  });

  test('an idempotent run is begun again, once; a boot after that finds its outcome unknown', async () => {
    await using world = await CrashWorld.open();
    world.onBegin = () => world.crashGateway();
    world.ask('home', 'r');
    await settle();
    world.onBegin = () => {};
    await world.crashMachine();
    await world.startGateway();
    await world.startMachine();
    expect(world.run('r')?.status).toBe('running');
    await world.crashMachine();
    world.crashGateway();
    await world.startMachine();
    await world.startGateway();
    expect(world.run('r')).toMatchObject(unknown);
    expect(world.begun.get('r')).toBe(2);
  });
});

describe('when the Thing alone restarts', () => {
  test('its run is begun again where that is harmless, else nobody knows its outcome', async () => {
    await using world = await CrashWorld.open();
    world.ask('press', 'p');
    world.ask('home', 'h');
    await world.clock.advance(10);
    await world.crashMachine();
    expect([world.run('p')?.status, world.run('h')?.status]).toEqual(['running', 'running']);
    await world.startMachine();
    expect(world.run('p')).toMatchObject(unknown);
    await world.clock.advance(100);
    expect(world.run('h')?.status).toBe('completed');
    expect([...world.begun]).toEqual([
      ['p', 1],
      ['h', 2],
    ]);
    // The journal knows it too.
    world.crashGateway();
    await world.startGateway();
    expect([world.run('p')?.status, world.run('h')?.status]).toEqual(['failed', 'completed']);
  });

  test('what the Thing says later of a run whose outcome nobody knew counts, and nothing after that', async () => {
    await using world = await CrashWorld.open();
    world.ask('press', 'r');
    await settle();
    await world.crashMachine();
    await world.startMachine();
    const e = world.clock.now();
    const say = (s: number, status: string) =>
      world.bus.publish(
        'things/urn:dev:machine/action',
        Payload.of({ press: { id: 'r', status, output: s }, $: { e, s, t: e } }),
      );
    await say(1, 'running');
    expect(world.run('r')?.status).toBe('failed');
    await say(2, 'completed');
    expect(world.run('r')).toMatchObject({ status: 'completed', output: 2 });
    expect(world.run('r')).not.toHaveProperty('error');
    await say(3, 'failed');
    expect(world.run('r')?.status).toBe('completed');
  });
});

describe('a bare device', () => {
  const bare = { title: 'Bare', actions: { press: {}, home: { idempotent: true } } };

  async function bareWorld() {
    const world = new CrashWorld();
    await world.bus.publish('things/urn:dev:machine/td', Payload.of(bare), { retain: true });
    await world.startGateway();
    const asked: unknown[] = [];
    await world.bus.subscribe(
      'things/+/request_action',
      ({ payload }) => void asked.push(payload.json()),
    );
    world.ask('press', 'p');
    world.ask('home', 'h');
    await settle();
    world.crashGateway();
    asked.length = 0;
    await world.startGateway();
    return { world, asked };
  }

  test('that speaks of its run before the deadline is believed', async () => {
    const { world, asked } = await bareWorld();
    await using _ = world;
    const said = {
      press: { id: 'p', status: 'completed' },
      home: { id: 'h', status: 'completed' },
    };
    await world.bus.publish('things/urn:dev:machine/action', Payload.of(said));
    await world.clock.advance(5_000);
    expect([world.run('p')?.status, world.run('h')?.status]).toEqual(['completed', 'completed']);
    expect(asked).toEqual([]);
  });

  test('that is silent until then is told again what is idempotent, once, and the rest has failed', async () => {
    const { world, asked } = await bareWorld();
    await using _ = world;
    await world.clock.advance(2_000);
    expect(world.run('p')).toMatchObject(unknown);
    expect(world.run('h')?.status).toBe('pending');
    expect(asked).toEqual([{ home: { id: 'h' } }]);
    await world.clock.advance(2_000);
    expect(world.run('h')).toMatchObject(unknown);
    expect(asked).toHaveLength(1);
  });
});
