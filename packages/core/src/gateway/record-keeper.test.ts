import { expect, test } from 'vitest';
import { MemoryBus } from '../bus/memory-bus.ts';
import type { JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import type { Journal, JournalEntry, JournalStatus, StoredThing } from '../ports/journal.ts';
import { Problem } from '../problem/problem.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { Servient } from '../thing/servient.ts';
import { defineThing } from '../thing/thing-definition.ts';
import { type OpenThings, openThings } from './open-things.ts';

const lamp = defineThing(
  'urn:dev:lamp',
  {
    title: 'Lamp',
    properties: { on: { type: 'boolean' }, level: { type: 'integer' } },
    actions: { fade: { input: { type: 'integer' } } },
    events: { hot: { data: { type: 'number' } } },
  },
  {
    initial: { on: true, level: 50 },
    actions: { fade: (_, { delay }) => delay(100) },
  },
);

/** A journal whose commits a test lets happen by hand, so that it sees what waits for them. */
class HeldJournal implements Journal {
  status: JournalStatus = { state: 'writing' };
  readonly entries: JournalEntry[] = [];
  #waiting: { readonly entry: JournalEntry; readonly settle: PromiseWithResolvers<void> }[] = [];
  #held: { readonly settle: PromiseWithResolvers<void> }[] = [];
  readonly #stored: readonly StoredThing[];

  constructor(stored: readonly StoredThing[] = []) {
    this.#stored = stored;
  }

  hurry(): void {}

  append(entry: JournalEntry): Promise<void> {
    const waiting = { entry, settle: Promise.withResolvers<void>() };
    this.#waiting.push(waiting);
    return waiting.settle.promise;
  }

  async commit(): Promise<void> {
    for (const { entry, settle: outcome } of this.#waiting) {
      this.entries.push(entry);
      outcome.resolve();
    }
    this.#waiting = [];
    await settle();
  }

  async refuse(problem: Problem): Promise<void> {
    for (const { settle: outcome } of this.#waiting) outcome.reject(problem);
    this.#waiting = [];
    await settle();
  }

  /** Sets aside what waits; what comes afterwards may be committed before. */
  async hold(): Promise<void> {
    this.#held = this.#waiting;
    this.#waiting = [];
  }

  async refuseHeld(problem: Problem): Promise<void> {
    for (const { settle: outcome } of this.#held) outcome.reject(problem);
    await settle();
  }

  async *recover(): AsyncIterable<StoredThing> {
    yield* this.#stored;
  }

  async events(): Promise<readonly (JournalEntry & { kind: 'event' })[]> {
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

class World implements AsyncDisposable {
  readonly bus = new MemoryBus();
  readonly clock = new FakeClock();
  readonly journal: HeldJournal;
  readonly stored: JsonValue[] = [];
  readonly #open: OpenThings;

  private constructor(journal: HeldJournal, open: OpenThings, bus: MemoryBus, clock: FakeClock) {
    this.journal = journal;
    this.#open = open;
    this.bus = bus;
    this.clock = clock;
  }

  static async open(journal = new HeldJournal()): Promise<World> {
    const bus = new MemoryBus();
    const clock = new FakeClock();
    const world = new World(journal, await openThings({ bus, clock, journal }), bus, clock);
    await bus.subscribe('things/+/stored', ({ payload }) => {
      world.stored.push(payload.json());
    });
    return world;
  }

  get things() {
    return this.#open.things;
  }

  expose() {
    return new Servient({ bus: this.bus, clock: this.clock }).expose(lamp);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open[Symbol.asyncDispose]();
    await this.bus.drain();
  }
}

test('a write is acknowledged when what the Thing then said is stored, not before', async () => {
  await using world = await World.open();
  await world.expose();
  await world.journal.commit();
  let acknowledged = false;
  const written = world.things.writeProperties('urn:dev:lamp', { level: 7 }).then(() => {
    acknowledged = true;
  });
  await settle();
  expect(world.things.find('urn:dev:lamp')?.property('level')?.value).toBe(7);
  expect(acknowledged).toBe(false);
  await world.journal.commit();
  await written;
  expect(world.journal.entries.at(-1)).toMatchObject({ kind: 'values', values: { level: 7 } });
});

test('a Thing is told the last of its messages that is stored, once a commit', async () => {
  await using world = await World.open();
  const thing = await world.expose();
  await world.journal.commit();
  const before = world.stored.length;
  thing.emit('hot', 1);
  thing.emit('hot', 2);
  await world.journal.commit();
  expect(world.stored.slice(before)).toEqual([{ e: world.clock.now(), s: 3 }]);
});

test('events and states of runs are kept with their stamps', async () => {
  await using world = await World.open();
  const thing = await world.expose();
  thing.emit('hot', 99);
  const started = world.things.invokeAction('urn:dev:lamp', 'fade', 1);
  await settle();
  await world.journal.commit();
  await started;
  await world.clock.advance(100);
  await world.journal.commit();
  expect(world.journal.entries.map(({ kind }) => kind)).toEqual([
    'values',
    'event',
    'action',
    'action',
    'action',
  ]);
  expect(world.journal.entries.at(-1)).toMatchObject({
    status: { status: 'completed' },
    stamp: { s: 4 },
  });
});

test('while nothing can be stored reads go on, and a write is refused before the Thing is asked', async () => {
  await using world = await World.open();
  await world.expose();
  await world.journal.commit();
  world.journal.status = { state: 'full', since: 0 };
  const write = world.things.writeProperties('urn:dev:lamp', { level: 7 });
  await expect(write).rejects.toMatchObject({ name: 'storage-full', status: 507 });
  expect((await world.things.readProperty('urn:dev:lamp', 'level')).value).toBe(50);
  world.journal.status = { state: 'writing' };
  const again = world.things.writeProperties('urn:dev:lamp', { level: 7 });
  await settle();
  await world.journal.commit();
  expect(await again).toEqual({ level: 7 });
});

test('a write that was taken but could not be stored is not acknowledged', async () => {
  await using world = await World.open();
  await world.expose();
  await world.journal.commit();
  const write = expect(
    world.things.writeProperties('urn:dev:lamp', { level: 7 }),
  ).rejects.toMatchObject({ name: 'storage-full' });
  await settle();
  await world.journal.refuse(new Problem('storage-full', 'no space'));
  await write;
});

test('values restored after a restart are unconfirmed until the Thing speaks of them', async () => {
  const values = new Map([
    ['level', { value: 33, time: 5, version: 9 }],
    ['gone', { value: 1, time: 5, version: 1 }],
    ['on', { value: 'no boolean', time: 5, version: 1 }],
  ]);
  const stored = { thing: lamp.id, stamp: undefined, values, runs: [], wishes: new Map() };
  await using world = await World.open(new HeldJournal([stored]));
  const td = Payload.of({ title: 'Lamp', properties: lamp.td.properties });
  await world.bus.publish('things/urn:dev:lamp/td', td, { retain: true });
  const record = world.things.find('urn:dev:lamp');
  expect(record?.property('level')).toMatchObject({ value: 33, version: 9, confirmed: false });
  expect(record?.property('on')).toBeUndefined();
  await world.bus.publish('things/urn:dev:lamp/values', Payload.of({ level: 33 }));
  expect(record?.property('level')).toMatchObject({ value: 33, version: 9, confirmed: true });
});

test('a Thing that is removed is forgotten in the journal too', async () => {
  await using world = await World.open();
  const thing = await world.expose();
  await thing.remove();
  await world.journal.commit();
  expect(world.journal.entries.at(-1)).toMatchObject({ kind: 'forgotten', thing: lamp.id });
});

test('what could not be stored is said again once there is room, and only then is it told to be stored', async () => {
  await using world = await World.open();
  const thing = await world.expose();
  await world.journal.commit();
  const kept = world.journal.entries.length;
  const full = new Problem('storage-full', 'no space');
  thing.emit('hot', 1);
  await world.journal.refuse(full);
  thing.emit('hot', 2);
  thing.report('level', 7);
  await world.clock.advance(0);
  await world.journal.refuse(full);
  const told = world.stored.length;
  await world.clock.advance(1_000);
  await world.journal.commit();
  const later = world.journal.entries.slice(kept);
  const events = later.flatMap((entry) => (entry.kind === 'event' ? [entry.data] : []));
  expect(events).toEqual([1, 2]);
  const values = later.flatMap((entry) => (entry.kind === 'values' ? [entry.values] : []));
  expect(Object.assign({}, ...values)).toMatchObject({ level: 7 });
  expect(world.stored.length).toBeGreaterThan(told);
  await thing.stored();
});

test('of what was stored behind a message that was refused nothing is stored twice', async () => {
  await using world = await World.open();
  const thing = await world.expose();
  await world.journal.commit();
  const kept = world.journal.entries.length;
  thing.emit('hot', 1);
  await world.journal.hold();
  thing.emit('hot', 2);
  await world.journal.refuseHeld(new Problem('storage-full', 'no space'));
  await world.journal.commit();
  await world.clock.advance(1_000);
  await world.journal.commit();
  const events = world.journal.entries
    .slice(kept)
    .flatMap((entry) => (entry.kind === 'event' ? [entry.data] : []));
  expect(events.sort()).toEqual([1, 2]);
  await thing.stored();
});
