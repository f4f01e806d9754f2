import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryBus } from '../bus/memory-bus.ts';
import type { JsonObject } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import type { Subscription } from '../ports/bus.ts';
import type { Things } from '../ports/things.ts';
import type { WriteOutcome } from '../ports/wishes.ts';
import { Problem } from '../problem/problem.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { JournalModel } from '../testing/journal-model.ts';
import { MemoryJournal } from '../testing/memory-journal.ts';
import { type OpenThings, openThings } from './open-things.ts';

const id = 'urn:dev:lamp';
const td = {
  title: 'Lamp',
  properties: {
    on: { type: 'boolean' },
    level: { type: 'integer', minimum: 0 },
    power: { type: 'number', readOnly: true },
  },
};

/** A device whose every word and silence a test decides: one that answers, or a bare one. */
class Device {
  readonly #bus: MemoryBus;
  readonly #answers: boolean;
  readonly values: JsonObject = { on: false, level: 0 };
  /** What it was told, in order. */
  readonly told: JsonObject[] = [];
  /** The levels it took, in order. */
  readonly taken: number[] = [];
  td: object = td;
  /** What it does with what it is told. */
  mood: 'takes' | 'ignores' | 'refuses' = 'takes';
  #ear: Subscription | undefined;
  #isKnown = false;
  #epoch = 1;
  #sequence = 0;

  constructor(bus: MemoryBus, answers: boolean) {
    this.#bus = bus;
    this.#answers = answers;
  }

  async come(): Promise<void> {
    if (this.#ear !== undefined) return;
    this.#ear = await this.#bus.subscribe(`things/${id}/set/#`, ({ topic, payload }) => {
      this.#hear(topic, payload.json() as JsonObject);
    });
    this.#epoch++;
    this.#sequence = 0;
    this.#say('td', this.td as JsonObject, true);
    this.#say('status', { online: true, ...(this.#answers && { protocol: 1 }) }, true);
    if (this.#isKnown) this.speak();
    else this.#say('values', this.values, true);
    this.#isKnown = true;
  }

  async go(): Promise<void> {
    await this.#ear?.[Symbol.asyncDispose]();
    this.#ear = undefined;
    this.#say('status', { online: false }, true);
  }

  /** Has nothing new to say. Of a bare device any word on the level would confirm what was written, so it says none. */
  speak(): void {
    if (this.#ear === undefined) return;
    const { on = false } = this.values;
    this.#say('values', this.#answers ? this.values : { on }, true);
  }

  #hear(topic: string, wanted: JsonObject): void {
    this.told.push(wanted);
    if (this.mood === 'ignores') return;
    if (this.mood === 'takes') {
      if (typeof wanted.level === 'number') this.taken.push(wanted.level);
      Object.assign(this.values, wanted);
      this.#say('values', this.values, true);
    }
    const address = topic.split('/set/')[1];
    if (address === undefined) return;
    const problem = new Problem('write-failed', 'the bulb is broken').toJSON();
    const answer = this.mood === 'takes' ? { ok: wanted } : { problem: { ...problem } };
    this.#say(`reply/${address}`, answer as unknown as JsonObject, false);
  }

  #say(part: string, members: JsonObject, retain: boolean): void {
    const stamped = part === 'values' || part === 'status';
    const stamp = () => (part === 'status' ? { e: this.#epoch, c: 1 } : this.#next());
    const $ = this.#answers && stamped ? { $: stamp() } : {};
    void this.#bus.publish(`things/${id}/${part}`, Payload.of({ ...members, ...$ }), { retain });
  }

  #next() {
    return { e: this.#epoch, s: ++this.#sequence, t: 0 };
  }
}

/** A gateway with a journal that outlives it, and a lamp. */
class World implements AsyncDisposable {
  readonly bus = new MemoryBus();
  readonly clock = new FakeClock();
  readonly lamp: Device;
  readonly #model = new JournalModel();
  journal = new MemoryJournal(this.#model);
  #open: OpenThings | undefined;

  constructor(answers: boolean) {
    this.lamp = new Device(this.bus, answers);
  }

  /** A gateway is up and the lamp was there once. */
  static async open(answers = true): Promise<World> {
    const world = new World(answers);
    await world.restart();
    await world.lamp.come();
    await settle();
    return world;
  }

  /** The gateway is killed, and started again. */
  async restart(): Promise<void> {
    this.journal.kill();
    await this.#open?.[Symbol.asyncDispose]();
    this.journal = new MemoryJournal(this.#model);
    const { bus, clock, journal } = this;
    this.#open = await openThings({ bus, clock, journal });
    await settle();
  }

  get things(): Things {
    if (this.#open === undefined) throw new Error('not open');
    return this.#open.things;
  }

  get waiting(): JsonObject {
    return Object.fromEntries(this.things.wishes(id).map(({ name, value }) => [name, value]));
  }

  /** What the journal holds, as the next start will find it. */
  get stored(): JsonObject {
    const wishes = this.#model.things().flatMap((thing) => [...thing.wishes]);
    return Object.fromEntries(wishes.map(([name, { value }]) => [name, value]));
  }

  keep(values: JsonObject, expects?: (tag: string | undefined) => void): Promise<WriteOutcome> {
    return this.things.writeOrKeep(id, values, expects && { expects });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.[Symbol.asyncDispose]();
    await this.bus.drain();
  }
}

const expectTag = (wanted: string) => (tag: string | undefined) => {
  if (tag !== wanted) throw new Problem('precondition-failed', `${tag} is not ${wanted}`);
};

test.each([
  ['that answers', true],
  ['that is bare', false],
])('a Thing %s gets what was kept for it once, together, when it is back', async (_, answers) => {
  await using world = await World.open(answers);
  await world.lamp.go();
  const outcome = await world.keep({ level: 7 });
  expect(outcome).toMatchObject({
    kind: 'kept',
    wishes: [{ name: 'level', value: 7, version: 2 }],
  });
  await world.keep({ on: true });
  expect(world.stored).toEqual({ level: 7, on: true });
  expect(world.lamp.told).toEqual([]);
  await world.lamp.come();
  await settle();
  expect(world.lamp.told).toEqual([{ level: 7, on: true }]);
  expect(world.lamp.values).toEqual({ level: 7, on: true });
  expect([world.waiting, world.stored]).toEqual([{}, {}]);
  await world.lamp.go();
  await world.lamp.come();
  expect(world.lamp.told).toHaveLength(1);
});

test('a Thing that is there is written to at once', async () => {
  await using world = await World.open();
  expect(await world.keep({ level: 7 })).toEqual({ kind: 'written', values: { level: 7 } });
  expect(world.stored).toEqual({});
});

test('what is wrong is refused before anything is kept', async () => {
  await using world = await World.open();
  await world.lamp.go();
  await expect(world.keep({ level: -1 })).rejects.toMatchObject({ name: 'data-schema-mismatch' });
  await expect(world.keep({ power: 1 })).rejects.toMatchObject({ name: 'property-read-only' });
  await expect(world.keep({ gone: 1 })).rejects.toMatchObject({ name: 'property-not-found' });
  expect(world.stored).toEqual({});
});

test('of two who saw the same version one is kept, the other refused', async () => {
  await using world = await World.open();
  await world.lamp.go();
  const outcomes = await Promise.allSettled([
    world.keep({ level: 1 }, expectTag('1')),
    world.keep({ level: 2 }, expectTag('1')),
  ]);
  expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { reason: { status: 412 } }]);
  const [wish] = world.things.wishes(id);
  const again = await world.keep({ level: 3 }, expectTag(wish?.tag ?? ''));
  expect(again).toMatchObject({ wishes: [{ value: 3, version: 3 }] });
});

test('of two who saw the same version of a Thing that falls silent one is kept, too', async () => {
  await using world = await World.open();
  world.lamp.mood = 'ignores';
  const outcomes = Promise.allSettled([
    world.keep({ level: 1 }, expectTag('1')),
    world.keep({ level: 2 }, expectTag('1')),
  ]);
  await world.clock.advance(2_000);
  const kept = (await outcomes).filter(({ status }) => status === 'fulfilled');
  expect(kept).toHaveLength(1);
  expect(Object.keys(world.stored)).toEqual(['level']);
});

test('the tag of a wish that is over never comes back', async () => {
  await using world = await World.open();
  await world.lamp.go();
  await world.keep({ level: 1 });
  const [first] = world.things.wishes(id);
  await world.things.withdrawWish(id, 'level');
  await world.clock.advance(1);
  await world.keep({ level: 2 });
  const stale = world.keep({ level: 3 }, expectTag(first?.tag ?? ''));
  await expect(stale).rejects.toMatchObject({ name: 'precondition-failed' });
});

test('a Thing that falls silent during the write gets it when it speaks again', async () => {
  await using world = await World.open();
  world.lamp.mood = 'ignores';
  const outcome = world.keep({ level: 7 });
  await world.clock.advance(2_000);
  expect(await outcome).toMatchObject({ kind: 'kept' });
  expect(world.lamp.told).toHaveLength(1);
  world.lamp.mood = 'takes';
  world.lamp.speak();
  await settle();
  expect(world.lamp.told).toEqual([{ level: 7 }, { level: 7 }]);
  expect(world.stored).toEqual({});
});

test('a Thing that took what it did not answer is not told again', async () => {
  await using world = await World.open();
  world.lamp.mood = 'ignores';
  const outcome = world.keep({ level: 7 });
  await world.clock.advance(2_000);
  await outcome;
  Object.assign(world.lamp.values, { level: 7 });
  world.lamp.speak();
  await settle();
  expect(world.lamp.told).toHaveLength(1);
  expect(world.stored).toEqual({});
});

test('one that talks but takes nothing is tried at growing intervals', async () => {
  await using world = await World.open(false);
  await world.lamp.go();
  await world.keep({ level: 7 });
  world.lamp.mood = 'ignores';
  await world.lamp.come();
  for (let second = 0; second < 120; second++) {
    await world.clock.advance(1_000);
    world.lamp.speak();
  }
  expect(world.lamp.told.length).toBeLessThan(10);
  expect(world.waiting).toEqual({ level: 7 });
});

test('what a bare device says while it is being told is not taken for its consent, unless it is', async () => {
  await using world = await World.open(false);
  await world.lamp.go();
  await world.keep({ level: 7 });
  world.lamp.mood = 'ignores';
  await world.lamp.come();
  const say = (level: number) =>
    world.bus.publish(`things/${id}/values`, Payload.of({ level }), { retain: true });
  await say(1);
  await settle();
  expect(world.waiting).toEqual({ level: 7 });
  await say(7);
  await settle();
  expect(world.waiting).toEqual({});
  expect(world.lamp.told).toHaveLength(1);
});

test('a bare device that rounds has taken what it was told twice', async () => {
  await using world = await World.open(false);
  await world.lamp.go();
  await world.keep({ level: 7 });
  world.lamp.mood = 'ignores';
  await world.lamp.come();
  const say = async (level: number) => {
    await world.bus.publish(`things/${id}/values`, Payload.of({ level }), { retain: true });
    await settle();
  };
  await say(5);
  await world.clock.advance(2_000);
  await say(5);
  await say(5);
  expect(world.lamp.told).toEqual([{ level: 7 }, { level: 7 }]);
  expect(world.stored).toEqual({});
});

test('what is refused is over, told on error, and takes nothing else with it', async () => {
  await using world = await World.open();
  await world.lamp.go();
  await world.keep({ level: 7, on: true });
  const errors: unknown[] = [];
  await world.bus.subscribe(`things/${id}/error`, ({ payload }) => errors.push(payload.json()));
  world.lamp.td = {
    ...td,
    properties: { ...td.properties, level: { type: 'integer', maximum: 5 } },
  };
  await world.lamp.come();
  await settle();
  expect(world.lamp.told).toEqual([{ on: true }]);
  expect(errors).toMatchObject([{ instance: `things/${id}/wish/level`, status: 400 }]);
  expect(world.stored).toEqual({});
});

test('where a Thing refuses several together each is tried alone', async () => {
  await using world = await World.open();
  await world.lamp.go();
  await world.keep({ level: 7, on: true });
  world.lamp.mood = 'refuses';
  await world.lamp.come();
  await settle();
  expect(world.lamp.told).toEqual([{ level: 7, on: true }, { level: 7 }, { on: true }]);
  expect(world.stored).toEqual({});
});

test('what is not answered waits for the next return', async () => {
  await using world = await World.open();
  await world.lamp.go();
  await world.keep({ level: 7 });
  world.lamp.mood = 'ignores';
  await world.lamp.come();
  await world.clock.advance(10_000);
  expect(world.lamp.told).toHaveLength(1);
  expect(world.waiting).toEqual({ level: 7 });
  world.lamp.mood = 'takes';
  await world.lamp.go();
  await world.lamp.come();
  await settle();
  expect(world.lamp.values.level).toBe(7);
  expect(world.stored).toEqual({});
});

test('what was kept outlives the gateway', async () => {
  await using world = await World.open();
  await world.lamp.go();
  await world.keep({ level: 7 });
  await world.restart();
  expect(world.waiting).toEqual({ level: 7 });
  await world.lamp.come();
  await settle();
  expect(world.lamp.values.level).toBe(7);
  expect(world.stored).toEqual({});
});

test('a gateway that is killed before the Thing answered tells it once more', async () => {
  await using world = await World.open();
  await world.lamp.go();
  await world.keep({ level: 7 });
  world.lamp.mood = 'ignores';
  await world.lamp.come();
  world.lamp.mood = 'takes';
  await world.restart();
  expect(world.lamp.told).toEqual([{ level: 7 }, { level: 7 }]);
  expect(world.stored).toEqual({});
});

test('a later write that the Thing takes ends what waits, for this life and the next', async () => {
  await using world = await World.open();
  await world.lamp.go();
  await world.keep({ level: 7 });
  world.lamp.mood = 'ignores';
  await world.lamp.come();
  await world.clock.advance(2_000);
  world.lamp.mood = 'takes';
  await world.things.writeProperties(id, { level: 8 });
  expect([world.waiting, world.stored]).toEqual([{}, {}]);
  await world.restart();
  await world.lamp.go();
  await world.lamp.come();
  expect(world.lamp.values.level).toBe(8);
});

test('nothing that was refused is delivered later', async () => {
  await using world = await World.open();
  await world.lamp.go();
  await expect(world.things.writeProperties(id, { level: 7 })).rejects.toMatchObject({
    status: 503,
  });
  world.journal.status = { state: 'full', since: 0 };
  await expect(world.keep({ level: 8 })).rejects.toMatchObject({ status: 507 });
  world.journal.status = { state: 'writing' };
  await world.lamp.come();
  await settle();
  expect(world.lamp.told).toEqual([]);
});

test('a full disk leaves standing what was kept before', async () => {
  await using world = await World.open();
  await world.lamp.go();
  await world.keep({ level: 7 });
  const late = world.keep({ level: 8 });
  world.journal.status = { state: 'full', since: 0 };
  await expect(late).rejects.toMatchObject({ status: 507 });
  world.journal.status = { state: 'writing' };
  expect(world.waiting).toEqual({ level: 7 });
  await world.lamp.come();
  await settle();
  expect(world.lamp.told).toEqual([{ level: 7 }]);
});

test('a wish can be withdrawn until it is under way', async () => {
  await using world = await World.open();
  await world.lamp.go();
  await world.keep({ level: 7, on: true });
  await world.things.withdrawWish(id, 'level');
  expect(world.stored).toEqual({ on: true });
  await expect(world.things.withdrawWish(id, 'level')).rejects.toMatchObject({ status: 404 });
  world.lamp.mood = 'ignores';
  await world.lamp.come();
  await expect(world.things.withdrawWish(id, 'on')).rejects.toMatchObject({ status: 409 });
});

test('a Thing that is removed takes its wishes with it', async () => {
  await using world = await World.open();
  await world.lamp.go();
  await world.keep({ level: 7 });
  await world.bus.publish(`things/${id}/td`, Payload.empty, { retain: true });
  await settle();
  expect(world.stored).toEqual({});
  await world.lamp.come();
  expect(world.lamp.told).toEqual([]);
});

test('nothing is kept for a Thing that was removed while it was silent', async () => {
  await using world = await World.open();
  world.lamp.mood = 'ignores';
  const write = world.keep({ level: 7 });
  const refused = expect(write).rejects.toMatchObject({ name: 'thing-unreachable' });
  await world.bus.publish(`things/${id}/td`, Payload.empty, { retain: true });
  await world.clock.advance(2_000);
  await refused;
  expect(world.stored).toEqual({});
});

test('without a journal nothing can be kept, and the refusal says so', async () => {
  const bus = new MemoryBus();
  await using open = await openThings({ bus, clock: new FakeClock() });
  const lamp = new Device(bus, true);
  await lamp.come();
  expect(await open.things.writeOrKeep(id, { level: 1 })).toMatchObject({ kind: 'written' });
  await lamp.go();
  await expect(open.things.writeOrKeep(id, { level: 1 })).rejects.toMatchObject({
    name: 'not-implemented',
    message: expect.stringContaining('database'),
  });
});

type Step =
  | 'full'
  | 'space'
  | 'come'
  | 'go'
  | 'ignore'
  | 'take'
  | 'speak'
  | 'write'
  | 'keep'
  | 'restart'
  | 'second';
const steps = fc.array(
  fc.constantFrom<Step>(
    'come',
    'go',
    'ignore',
    'take',
    'speak',
    'write',
    'keep',
    'keep',
    'restart',
    'full',
    'space',
    'space',
    'second',
    'second',
  ),
  { minLength: 4, maxLength: 25 },
);

test('whatever happens in between, the value of the last write that was acknowledged is what remains', async () => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), steps, async (answers, taken) => {
      await using world = await World.open(answers);
      const { lamp } = world;
      const acknowledged = new Set<number>();
      let writes = 0;
      let restarts = 0;
      const write = (how: 'writeOrKeep' | 'writeProperties') => {
        const level = ++writes;
        // Whether it is acknowledged is told by itself; a refusal is an answer, too.
        void world.things[how](id, { level }).then(
          () => acknowledged.add(level),
          () => undefined,
        );
      };
      for (const step of taken) {
        if (step === 'come') await lamp.come();
        else if (step === 'go') await lamp.go();
        else if (step === 'ignore') lamp.mood = 'ignores';
        else if (step === 'take') lamp.mood = 'takes';
        else if (step === 'speak') lamp.speak();
        else if (step === 'write') write('writeProperties');
        else if (step === 'keep') write('writeOrKeep');
        else if (step === 'full') world.journal.status = { state: 'full', since: 0 };
        else if (step === 'space') world.journal.status = { state: 'writing' };
        else if (step === 'second') await world.clock.advance(1_000);
        else {
          restarts++;
          await world.restart();
        }
      }
      lamp.mood = 'takes';
      world.journal.status = { state: 'writing' };
      await world.clock.advance(40_000);
      await lamp.go();
      await lamp.come();
      await world.clock.advance(40_000);
      const last = Math.max(0, ...acknowledged);
      expect(lamp.values.level).toBeGreaterThanOrEqual(last);
      if (acknowledged.has(lamp.values.level as number)) expect(lamp.values.level).toBe(last);
      expect([world.waiting, world.stored]).toEqual([{}, {}]);
      // Told and taken: once, and once more for each life that ended before it was known.
      const answered = lamp.taken.filter((level) => acknowledged.has(level));
      for (const level of new Set(answered)) {
        expect(answered.filter((one) => one === level).length).toBeLessThanOrEqual(1 + restarts);
      }
    }),
    { numRuns: 300 },
  );
});
