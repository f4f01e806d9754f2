import { describe, expect, test } from 'vitest';
import { MemoryBus } from '../bus/memory-bus.ts';
import { Topics } from '../bus/topics.ts';
import type { Adapter, DiscoveredThing } from '../ports/adapter.ts';
import { silentLogger } from '../ports/logger.ts';
import { ThingId } from '../td/thing-id.ts';
import { FakeClock, settle } from './fake-clock.ts';

/** An adapter, and the devices it may find. */
export interface AdapterWorld extends AsyncDisposable {
  readonly adapter: Adapter;
}

/** What the suite looks at: the adapter at work, and what stands retained on its bus. */
interface Scene extends AsyncDisposable {
  readonly adapter: Adapter;
  readonly clock: FakeClock;
  /** Ids of the Things whose description is on the bus. */
  described(): Promise<ReadonlySet<ThingId>>;
  /** Whether a Thing says that it is online; `undefined` when it says nothing. */
  isOnline(id: ThingId): Promise<boolean | undefined>;
  start(): Promise<void>;
}

const topics = new Topics();

async function setUp(makeWorld: () => Promise<AdapterWorld>): Promise<Scene> {
  const world = await makeWorld();
  const bus = new MemoryBus();
  const clock = new FakeClock();
  const retained = async (part: 'td' | 'status') => {
    const found = new Map<ThingId, string>();
    await settle();
    const subscription = await bus.subscribe(topics.every(part), ({ topic, payload }) => {
      const parsed = topics.parse(topic);
      if (parsed !== undefined && !payload.isEmpty) found.set(parsed.id, payload.text());
    });
    await settle();
    await subscription[Symbol.asyncDispose]();
    return found;
  };
  return {
    adapter: world.adapter,
    clock,
    described: async () => new Set((await retained('td')).keys()),
    async isOnline(id) {
      const status = (await retained('status')).get(id);
      return status === undefined ? undefined : JSON.parse(status).online;
    },
    start: () => world.adapter.start({ bus, clock, logger: silentLogger }),
    async [Symbol.asyncDispose]() {
      await world.adapter.drain();
      await bus.drain();
      await world[Symbol.asyncDispose]();
    },
  };
}

async function discoverAll(adapter: Adapter): Promise<readonly DiscoveredThing[]> {
  const found: DiscoveredThing[] = [];
  for await (const thing of adapter.discover(AbortSignal.timeout(5_000))) found.push(thing);
  return found;
}

async function discoverOne(adapter: Adapter): Promise<DiscoveredThing> {
  const [first] = await discoverAll(adapter);
  if (first === undefined)
    throw new Error('the world of this suite must hold a device to discover');
  return first;
}

const stranger = ThingId('urn:dev:nobody-has-this');
const thingNotFound = expect.objectContaining({ name: 'thing-not-found' });

/**
 * The suite that every {@link Adapter} passes: defines tests named after `name`.
 *
 * @param makeWorld makes an adapter that is not started, with at least one device to discover, for one test.
 */
export function adapterConformance(name: string, makeWorld: () => Promise<AdapterWorld>): void {
  describe(`${name} keeps the contract of an adapter`, () => {
    lifeTests(makeWorld);
    adoptionTests(makeWorld);
  });
}

type MakeWorld = () => Promise<AdapterWorld>;

function lifeTests(makeWorld: MakeWorld): void {
  test('its health tells whether it runs, and with how many Things', async () => {
    await using scene = await setUp(makeWorld);
    expect(scene.adapter.health).toEqual({ state: 'stopped' });
    await scene.start();
    const things = (await scene.described()).size;
    expect(scene.adapter.health).toEqual({ state: 'running', things });
    await scene.adapter.drain();
    expect(scene.adapter.health).toEqual({ state: 'stopped' });
  });

  test('draining says goodbye for every Thing, and leaves them described', async () => {
    await using scene = await setUp(makeWorld);
    await scene.start();
    await scene.adapter.adopt((await discoverOne(scene.adapter)).id);
    const before = await scene.described();
    for (const id of before) expect(await scene.isOnline(id)).toBe(true);
    await scene.adapter.drain();
    expect(await scene.described()).toEqual(before);
    for (const id of before) expect(await scene.isOnline(id)).toBe(false);
  });

  test('draining leaves no timer behind', async () => {
    await using scene = await setUp(makeWorld);
    await scene.start();
    await scene.adapter.drain();
    expect(scene.clock.waiting).toBe(0);
  });

  test('draining twice, or before the start, is harmless', async () => {
    await using scene = await setUp(makeWorld);
    await scene.adapter.drain();
    await scene.start();
    await scene.adapter.drain();
    await scene.adapter.drain();
    expect(scene.adapter.health).toEqual({ state: 'stopped' });
  });

  test('it can be started again, and its Things are online again', async () => {
    await using scene = await setUp(makeWorld);
    await scene.start();
    const before = await scene.described();
    await scene.adapter.drain();
    await scene.start();
    expect(await scene.described()).toEqual(before);
    for (const id of before) expect(await scene.isOnline(id)).toBe(true);
  });
}

function adoptionTests(makeWorld: MakeWorld): void {
  test('what is discovered is not on the bus until it is adopted, and discovered no more after', async () => {
    await using scene = await setUp(makeWorld);
    await scene.start();
    const { id, td } = await discoverOne(scene.adapter);
    expect(td.id).toBe(id);
    expect(await scene.described()).not.toContain(id);
    await scene.adapter.adopt(id);
    expect(await scene.described()).toContain(id);
    expect(await scene.isOnline(id)).toBe(true);
    expect((await discoverAll(scene.adapter)).map((found) => found.id)).not.toContain(id);
  });

  test('adopting twice is adopting once', async () => {
    await using scene = await setUp(makeWorld);
    await scene.start();
    const { id } = await discoverOne(scene.adapter);
    await scene.adapter.adopt(id);
    const { health } = scene.adapter;
    await scene.adapter.adopt(id);
    expect(scene.adapter.health).toEqual(health);
  });

  test('forgetting clears everything the Thing retained, and it can be adopted again', async () => {
    await using scene = await setUp(makeWorld);
    await scene.start();
    const { id } = await discoverOne(scene.adapter);
    await scene.adapter.adopt(id);
    await scene.adapter.forget(id);
    expect(await scene.described()).not.toContain(id);
    expect(await scene.isOnline(id)).toBeUndefined();
    expect((await discoverAll(scene.adapter)).map((found) => found.id)).toContain(id);
    await scene.adapter.adopt(id);
    expect(await scene.isOnline(id)).toBe(true);
  });

  test('adopting or forgetting a stranger is refused as thing-not-found', async () => {
    await using scene = await setUp(makeWorld);
    await scene.start();
    await expect(scene.adapter.adopt(stranger)).rejects.toEqual(thingNotFound);
    await expect(scene.adapter.forget(stranger)).rejects.toEqual(thingNotFound);
  });

  test('discovery ends at once when its signal has aborted', async () => {
    await using scene = await setUp(makeWorld);
    await scene.start();
    const found: DiscoveredThing[] = [];
    for await (const thing of scene.adapter.discover(AbortSignal.abort())) found.push(thing);
    expect(found).toEqual([]);
  });
}
