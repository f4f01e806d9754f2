import {
  BusDirectory,
  defineThing,
  type Keep,
  MemoryBus,
  openThings,
  Payload,
  Problem,
  Servient,
  type StoreWrite,
  silentLogger,
  Topics,
} from '@thingtalk/core';
import { FakeClock, MemoryStore, settle } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { DescriptionArchive } from './description-archive.ts';

const lamp = defineThing('urn:dev:lamp', {
  title: 'Lamp',
  properties: { on: { type: 'boolean' } },
});
const topics = new Topics();

/** A gateway's twins on a bus of their own, with an archive in `store`. */
async function openWorld(
  store: MemoryStore,
  { bus = new MemoryBus(), seeds = true, logger = silentLogger } = {},
) {
  const clock = new FakeClock();
  const parts = { store, clock, logger, bus, topics, busName: 'here' };
  const keep: Keep = (topic, payload) => void bus.publish(topic, payload, { retain: true });
  const archive = await DescriptionArchive.open({ ...parts, keep: seeds ? keep : undefined });
  const open = await openThings({ bus, clock });
  const directory = new BusDirectory(open.things, clock, (thing) => archive.recall(thing));
  archive.keep(open.things, directory);
  return {
    bus,
    clock,
    directory,
    things: open.things,
    servient: new Servient({ bus, clock }),
    async [Symbol.asyncDispose]() {
      await settle();
      await archive[Symbol.asyncDispose]();
      await open[Symbol.asyncDispose]();
      await bus.drain();
    },
  };
}

test('a bare device is known after a restart, though its broker forgot it', async () => {
  const store = new MemoryStore();
  {
    await using world = await openWorld(store);
    const td = Payload.of({ title: 'Bare', properties: { on: { type: 'boolean' } } });
    await world.bus.publish('things/bare/td', td, { retain: true });
  }
  await using world = await openWorld(store);
  expect(world.things.find('bare')?.td).toMatchObject({ id: 'urn:thing:bare', title: 'Bare' });
});

test('what a program kept that knew of one bus alone is taken over once, with its history', async () => {
  const store = new MemoryStore();
  {
    await using before = await openWorld(store);
    const td = Payload.of({ title: 'Bare' });
    await before.bus.publish('things/bare/td', td, { retain: true });
  }
  const [kept] = await store.list('descriptions of here');
  const value = { ...Object(kept?.value), created: 1, modified: 2, version: 3 };
  await store.put('descriptions', 'urn:thing:bare', value, { author: 'bus' });
  await store.delete('descriptions of here', 'urn:thing:bare', { author: 'bus' });
  await using world = await openWorld(store);
  expect(world.things.find('bare')?.td.title).toBe('Bare');
  expect(world.directory.find('urn:thing:bare')).toMatchObject({ created: 1, version: 3 });
  expect(await store.list('descriptions')).toEqual([]);
});

test('a Thing that answers is offline after a restart until it is born again', async () => {
  const store = new MemoryStore();
  {
    await using world = await openWorld(store);
    await world.servient.expose(lamp);
  }
  await using world = await openWorld(store);
  expect(world.things.find(lamp.id)?.liveness.online).toBe(false);
  await world.servient.expose(lamp);
  expect(world.things.find(lamp.id)?.liveness.online).toBe(true);
});

test('a Thing that was removed stays removed', async () => {
  const store = new MemoryStore();
  {
    await using world = await openWorld(store);
    const thing = await world.servient.expose(lamp);
    await thing.remove();
  }
  await using world = await openWorld(store);
  expect(world.things.count).toBe(0);
});

test('a description that says nothing new makes no new version', async () => {
  const store = new MemoryStore();
  for (let boot = 0; boot < 3; boot++) {
    await using world = await openWorld(store);
    await world.servient.expose(lamp);
  }
  const versions = await store.versions('descriptions of here', lamp.id);
  expect(versions.map(({ author }) => author)).toEqual(Array(versions.length).fill('bus'));
  expect(versions.length).toBeLessThanOrEqual(2);
});

test('a Thing that was cleared from a broker of its own while nobody listened is let go once others are back', async () => {
  const store = new MemoryStore();
  const bare = Payload.of({ title: 'Bare' });
  const bus = new MemoryBus();
  const kept = async () => (await store.list('descriptions of here')).map(({ key }) => key);
  {
    await using first = await openWorld(store, { seeds: false });
    for (const level of ['gone', 'stays']) {
      await first.bus.publish(`things/${level}/td`, bare, { retain: true });
    }
  }
  await bus.publish('things/stays/td', bare, { retain: true });
  await using world = await openWorld(store, { bus, seeds: false });
  await world.clock.advance(22_499);
  expect(await kept()).toEqual(['urn:thing:gone', 'urn:thing:stays']);
  await world.clock.advance(1);
  expect(await kept()).toEqual(['urn:thing:stays']);
});

/** A store that refuses what one Thing says. */
class PickyStore extends MemoryStore {
  readonly groups: number[] = [];

  override async writeAll(
    writes: readonly StoreWrite[],
  ): Promise<readonly (Problem | undefined)[]> {
    this.groups.push(writes.length);
    const isRefused = ({ key }: StoreWrite) => key === 'urn:thing:n7';
    await super.writeAll(writes.filter((write) => !isRefused(write)));
    return writes.map((write) =>
      isRefused(write) ? new Problem('bad-request', 'it is refused') : undefined,
    );
  }
}

test('of many that come at once one that cannot be stored is told, and the others are kept', async () => {
  const store = new PickyStore();
  const lines: unknown[] = [];
  const logger = { ...silentLogger, error: (...line: readonly unknown[]) => lines.push(line) };
  {
    await using world = await openWorld(store, { logger });
    for (let n = 0; n < 300; n++) {
      await world.bus.publish(`things/n${n}/td`, Payload.of({ title: 'Bare' }), { retain: true });
    }
  }
  expect(store.groups.reduce((sum, count) => sum + count)).toBe(301);
  expect(store.groups.length).toBeLessThan(10);
  expect(await store.list('descriptions of here')).toHaveLength(299);
  const refused = { things: 1, error: expect.objectContaining({ name: 'bad-request' }) };
  expect(lines).toEqual([
    [{ ...refused, thing: 'urn:thing:n7' }, expect.stringContaining('tried again')],
    [refused, 'the descriptions of some Things were not stored'],
  ]);
});
