import { expect, test } from 'vitest';
import { MemoryBus } from '../bus/memory-bus.ts';
import type { JsonObject, JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import type { ThingNote, Things } from '../ports/things.ts';
import { ThingId } from '../td/thing-id.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { consumeThing } from '../thing/consumed-thing.ts';
import { Servient } from '../thing/servient.ts';
import { defineThing } from '../thing/thing-definition.ts';
import { type OpenThings, openThings } from './open-things.ts';

const lamp = defineThing(
  'urn:dev:lamp',
  {
    title: 'Lamp',
    properties: {
      on: { type: 'boolean' },
      level: { type: 'integer', minimum: 0, maximum: 100 },
      power: { type: 'number', readOnly: true },
      secret: { type: 'string', writeOnly: true },
    },
    actions: {
      fade: { input: { type: 'integer' }, output: { type: 'string' } },
      measure: { output: { type: 'number' }, synchronous: true },
    },
    events: { hot: { data: { type: 'number' } } },
  },
  {
    initial: { on: true, level: 50 },
    read: { power: () => 4.5 },
    actions: {
      async fade(level, { thing, delay }) {
        await delay(100);
        thing.report('level', level);
        return 'done';
      },
      async measure(_, { delay }) {
        await delay(50);
        return 21;
      },
    },
  },
);

const bareTd = {
  title: 'Bare lamp',
  properties: { on: { type: 'boolean' }, level: { type: 'integer', minimum: 0, maximum: 100 } },
  actions: { blink: {} },
  events: { pressed: { data: { type: 'integer' } } },
};

/** A gateway's twins on a bus of their own, and all that they told. */
class World implements AsyncDisposable {
  readonly bus = new MemoryBus();
  readonly clock = new FakeClock();
  readonly notes: ThingNote[] = [];
  #open: OpenThings | undefined;

  static async open(): Promise<World> {
    const world = new World();
    await world.restart();
    return world;
  }

  /** Forgets everything and listens anew, as a gateway that was restarted. */
  async restart(): Promise<void> {
    await this.#open?.[Symbol.asyncDispose]();
    this.#open = await openThings({ bus: this.bus, clock: this.clock });
    this.things.watch('all', (note) => this.notes.push(note));
  }

  get things(): Things {
    if (this.#open === undefined) throw new Error('not open');
    return this.#open.things;
  }

  servient(): Servient {
    return new Servient({ bus: this.bus, clock: this.clock });
  }

  say(topic: string, value: JsonValue | undefined, retain = true): Promise<void> {
    const payload = value === undefined ? Payload.empty : Payload.of(value);
    return this.bus.publish(`things/${topic}`, payload, { retain });
  }

  async hear(filter: string): Promise<JsonValue[]> {
    const heard: JsonValue[] = [];
    await this.bus.subscribe(`things/${filter}`, ({ payload }) => {
      heard.push(payload.isEmpty ? '' : payload.json());
    });
    return heard;
  }

  value(id: string, name: string): JsonValue | undefined {
    return this.things.find(id)?.property(name)?.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.[Symbol.asyncDispose]();
    await this.bus.drain();
  }
}

test('an exposed Thing is found by its id, with its values', async () => {
  await using world = await World.open();
  await world.servient().expose(lamp);
  const record = world.things.find('urn:dev:lamp');
  expect(record?.td).toMatchObject({ title: 'Lamp', properties: { power: { readOnly: true } } });
  expect(record?.property('level')).toMatchObject({ value: 50, json: '50', version: 1 });
  expect(record?.liveness.online).toBe(true);
  expect(world.things.list()).toEqual([record]);
  expect(world.notes[0]).toMatchObject({ kind: 'created' });
});

test('Things of the same make share one shape', async () => {
  await using world = await World.open();
  const servient = world.servient();
  await servient.expose(lamp);
  await servient.expose({ ...lamp, id: ThingId('urn:dev:lamp-2') });
  const [first, second] = world.things.list();
  expect(first?.shape).toBe(second?.shape);
});

test('a gateway that starts later finds what is retained', async () => {
  await using world = await World.open();
  await world.servient().expose(lamp);
  await world.restart();
  expect(world.value('urn:dev:lamp', 'level')).toBe(50);
  await world.things.writeProperties('urn:dev:lamp', { level: 51 });
  expect(world.value('urn:dev:lamp', 'level')).toBe(51);
});

test('a write answers with the values as they now are', async () => {
  await using world = await World.open();
  await world.servient().expose(lamp);
  expect(await world.things.writeProperties('urn:dev:lamp', { level: 7 })).toEqual({ level: 7 });
  expect(world.things.find('urn:dev:lamp')?.property('level')).toMatchObject({
    value: 7,
    version: 2,
  });
});

test.each([
  [{ power: 1 }, 'property-read-only', '/power'],
  [{ hue: 1 }, 'property-not-found', '/hue'],
  [{ level: 101 }, 'data-schema-mismatch', '/level'],
  [{ level: '7' }, 'data-schema-mismatch', '/level'],
  [{ on: false, level: -1 }, 'data-schema-mismatch', '/level'],
])('a write of %j is refused as %s and changes nothing', async (values, name, field) => {
  await using world = await World.open();
  await world.servient().expose(lamp);
  const write = world.things.writeProperties('urn:dev:lamp', values as JsonObject);
  await expect(write).rejects.toMatchObject({ name, validationErrors: [{ field }] });
  expect(world.value('urn:dev:lamp', 'level')).toBe(50);
  expect(world.value('urn:dev:lamp', 'on')).toBe(true);
});

test('reading tells a property without value, one that cannot be read and one that is not there apart', async () => {
  await using world = await World.open();
  await world.servient().expose(lamp);
  const read = (name: string) => world.things.readProperty('urn:dev:lamp', name);
  await expect(read('power')).rejects.toMatchObject({ name: 'value-unknown', status: 503 });
  await expect(read('secret')).rejects.toMatchObject({ name: 'property-write-only' });
  await expect(read('hue')).rejects.toMatchObject({ name: 'property-not-found' });
  await expect(world.things.readProperty('urn:dev:x', 'on')).rejects.toMatchObject({
    name: 'thing-not-found',
  });
});

test('a fresh read asks the device itself', async () => {
  await using world = await World.open();
  await world.servient().expose(lamp);
  const state = await world.things.readProperty('urn:dev:lamp', 'power', { fresh: true });
  expect(state.value).toBe(4.5);
});

test('an action is pending, then running, then completed; each is told once', async () => {
  await using world = await World.open();
  await world.servient().expose(lamp);
  const run = await world.things.invokeAction('urn:dev:lamp', 'fade', 9);
  expect(run.status).toBe('running');
  await world.clock.advance(100);
  expect(world.things.queryAction('urn:dev:lamp', 'fade', run.id)).toMatchObject({
    status: 'completed',
    output: 'done',
  });
  const told = world.notes.flatMap((note) => (note.kind === 'action' ? [note.status.status] : []));
  expect(told).toEqual(['pending', 'running', 'completed']);
  expect(world.value('urn:dev:lamp', 'level')).toBe(9);
});

test('a synchronous action resolves when it has ended', async () => {
  await using world = await World.open();
  await world.servient().expose(lamp);
  const ended = world.things.invokeAction('urn:dev:lamp', 'measure');
  await world.clock.advance(50);
  expect(await ended).toMatchObject({ status: 'completed', output: 21 });
});

test('a run can be cancelled once, and be forgotten once it has ended', async () => {
  await using world = await World.open();
  await world.servient().expose(lamp);
  const { id } = await world.things.invokeAction('urn:dev:lamp', 'fade', 9);
  await expect(world.things.forgetAction('urn:dev:lamp', 'fade', id)).rejects.toThrow(/not ended/);
  await world.things.cancelAction('urn:dev:lamp', 'fade', id);
  expect(world.things.queryAction('urn:dev:lamp', 'fade', id)).toMatchObject({
    status: 'failed',
    error: { type: 'urn:thingtalk:problem:action-cancelled' },
  });
  await expect(world.things.cancelAction('urn:dev:lamp', 'fade', id)).rejects.toMatchObject({
    name: 'action-ended',
  });
  await world.things.forgetAction('urn:dev:lamp', 'fade', id);
  expect(world.things.queryActions('urn:dev:lamp')).toEqual([]);
});

test('asking twice under one id starts one run', async () => {
  await using world = await World.open();
  await world.servient().expose(lamp);
  const ask = (input: number) =>
    world.things.invokeAction('urn:dev:lamp', 'fade', input, { id: 'same' });
  expect((await ask(9)).id).toBe((await ask(9)).id);
  await expect(ask(10)).rejects.toMatchObject({ name: 'conflict' });
  expect(world.things.queryActions('urn:dev:lamp', 'fade')).toHaveLength(1);
});

test('a Thing that goes away is offline, refuses writes at once, and is back after its next birth', async () => {
  await using world = await World.open();
  const servient = world.servient();
  const thing = await servient.expose(lamp);
  await thing.drain();
  expect(world.things.find('urn:dev:lamp')?.liveness.online).toBe(false);
  await expect(world.things.writeProperties('urn:dev:lamp', { level: 1 })).rejects.toMatchObject({
    name: 'thing-unreachable',
  });
  expect((await world.things.readProperty('urn:dev:lamp', 'level')).value).toBe(50);
  await servient.expose(lamp);
  expect(world.things.find('urn:dev:lamp')?.liveness.online).toBe(true);
});

test('a Thing that restarts takes its open runs with it', async () => {
  await using world = await World.open();
  await world.servient().expose(lamp);
  const { id } = await world.things.invokeAction('urn:dev:lamp', 'fade', 9);
  await world.clock.advance(10);
  await world.servient().expose(lamp);
  expect(world.things.queryAction('urn:dev:lamp', 'fade', id)).toMatchObject({
    status: 'failed',
    error: { type: 'urn:thingtalk:problem:action-outcome-unknown' },
  });
});

test('a Thing whose td is emptied is gone', async () => {
  await using world = await World.open();
  await world.say('lamp/td', bareTd);
  await world.say('lamp/td', undefined);
  expect(world.things.find('urn:thing:lamp')).toBeUndefined();
  expect(world.notes.map(({ kind }) => kind)).toEqual(['created', 'removed']);
});

test('two plain messages make a Thing of a bare device', async () => {
  await using world = await World.open();
  await world.say('lamp/td', bareTd);
  await world.say('lamp/values', { on: true, level: 3 });
  expect(world.things.find('lamp')).toBe(world.things.find('urn:thing:lamp'));
  expect(world.value('lamp', 'level')).toBe(3);
});

test('values that come before the td they belong to are not lost', async () => {
  await using world = await World.open();
  await world.say('lamp/values', { on: true });
  await world.say('lamp/td', bareTd);
  expect(world.value('lamp', 'on')).toBe(true);
});

test('a bare device confirms a write by its next word about the property, whatever the value', async () => {
  await using world = await World.open();
  await world.say('lamp/td', bareTd);
  const commands = await world.hear('lamp/set');
  const written = world.things.writeProperties('lamp', { level: 44 });
  await settle();
  expect(commands).toEqual([{ level: 44 }]);
  await world.say('lamp/values', { level: 40 });
  expect(await written).toEqual({ level: 40 });
});

test('a bare device that stays silent makes a write fail at its deadline, unless it holds the value already', async () => {
  await using world = await World.open();
  await world.say('lamp/td', bareTd);
  await world.say('lamp/values', { level: 40 });
  const other = expect(world.things.writeProperties('lamp', { level: 44 })).rejects.toMatchObject({
    name: 'thing-unreachable',
  });
  const same = world.things.writeProperties('lamp', { level: 40 });
  await world.clock.advance(2_000);
  await other;
  expect(await same).toEqual({ level: 40 });
});

test('a bare device moves its oldest open run by a word without an id', async () => {
  await using world = await World.open();
  await world.say('lamp/td', bareTd);
  const first = await world.things.invokeAction('lamp', 'blink');
  const second = await world.things.invokeAction('lamp', 'blink');
  expect(first.status).toBe('pending');
  await world.say('lamp/action', { blink: { status: 'completed' } }, false);
  expect(world.things.queryAction('lamp', 'blink', first.id).status).toBe('completed');
  expect(world.things.queryAction('lamp', 'blink', second.id).status).toBe('pending');
  await world.clock.advance(2_000);
  expect(world.things.queryAction('lamp', 'blink', second.id)).toMatchObject({
    status: 'failed',
    error: { type: 'urn:thingtalk:problem:thing-unreachable' },
  });
});

test('a bad member of values is refused on the error topic once a minute, the good ones are taken', async () => {
  await using world = await World.open();
  const errors = await world.hear('+/error');
  await world.say('lamp/td', bareTd);
  for (let i = 0; i < 3; i++) await world.say('lamp/values', { on: true, level: 500 + i });
  expect(world.value('lamp', 'on')).toBe(true);
  expect(world.value('lamp', 'level')).toBeUndefined();
  expect(errors).toMatchObject([{ status: 400, instance: 'things/urn:thing:lamp/values/level' }]);
  await world.clock.advance(60_000);
  await world.say('lamp/values', { level: 500 });
  expect(errors).toHaveLength(2);
});

test.each([
  ['a td that is no object', 'lamp/td', 7],
  ['a td whose id says otherwise than its topic', 'lamp/td', { ...bareTd, id: 'urn:other' }],
  [
    'a td with a type that is none',
    'lamp/td',
    { title: 'x', properties: { on: { type: 'bool' } } },
  ],
])('%s is refused on the error topic', async (_, topic, value) => {
  await using world = await World.open();
  const errors = await world.hear('lamp/error');
  await world.say(topic, value as JsonValue);
  expect(world.things.count).toBe(0);
  expect(errors).toMatchObject([{ status: 400 }]);
});

test('a message that is older than what is held, or the same, is ignored', async () => {
  await using world = await World.open();
  await world.say('lamp/td', bareTd);
  await world.say('lamp/values', { level: 2, $: { e: 10, s: 5, t: 0 } });
  await world.say('lamp/values', { level: 1, $: { e: 10, s: 4, t: 0 } });
  await world.say('lamp/values', { level: 3, $: { e: 10, s: 5, t: 0 } });
  await world.say('lamp/values', { level: 4, $: { e: 9, s: 99, t: 0 } });
  expect(world.value('lamp', 'level')).toBe(2);
  await world.say('lamp/values', { level: 6, $: { e: 11, s: 1, t: 0 } });
  expect(world.value('lamp', 'level')).toBe(6);
});

test('a gap makes the gateway ask for everything; what comes meanwhile waits for its turn', async () => {
  await using world = await World.open();
  await world.say('lamp/td', bareTd);
  await world.say('lamp/status', { online: true, protocol: 1, $: { e: 10, c: 1 } });
  const press = (s: number) =>
    world.say('lamp/event', { pressed: { data: s }, $: { e: 10, s, t: 0 } }, false);
  const asked: string[] = [];
  await world.bus.subscribe('things/lamp/get/#', ({ topic }) => {
    asked.push(topic.slice('things/lamp/get/'.length));
  });
  await press(1);
  expect(asked).toEqual([]);
  await press(4);
  await press(5);
  expect(asked).toHaveLength(1);
  for (const s of [2, 4, 5]) await press(s);
  expect(world.notes.filter(({ kind }) => kind === 'event')).toHaveLength(1);
  await world.say(`lamp/reply/${asked[0]}`, { ok: {} }, false);
  await settle();
  await press(6);
  const pressed = world.notes.filter((note) => note.kind === 'event').map(({ data }) => data);
  expect(pressed).toEqual([1, 2, 4, 5, 6]);
  expect(asked).toHaveLength(1);
});

test('after a birth of protocol 1 what carries no stamp is refused', async () => {
  await using world = await World.open();
  const errors = await world.hear('lamp/error');
  await world.say('lamp/td', bareTd);
  await world.say('lamp/status', { online: true, protocol: 1, $: { e: 10, c: 1 } });
  await world.say('lamp/values', { level: 2 });
  expect(world.value('lamp', 'level')).toBeUndefined();
  expect(errors).toHaveLength(1);
});

test('an epoch more than a day ahead is refused', async () => {
  await using world = await World.open();
  await world.say('lamp/td', bareTd);
  const e = world.clock.now() + 86_400_001;
  await world.say('lamp/values', { level: 2, $: { e, s: 1, t: 0 } });
  expect(world.value('lamp', 'level')).toBeUndefined();
});

test('the will of an older connection does not bury a standing birth', async () => {
  await using world = await World.open();
  const online = () => world.things.find('lamp')?.liveness.online;
  await world.say('lamp/td', bareTd);
  await world.say('lamp/status', { online: true, protocol: 1, $: { e: 10, c: 2 } });
  await world.say('lamp/status', { online: false, protocol: 1, $: { e: 10, c: 1 } });
  await world.say('lamp/status', { online: false, protocol: 1, $: { e: 9, c: 7 } });
  await world.say('lamp/status', { online: false });
  expect(online()).toBe(true);
  await world.say('lamp/status', { online: false, protocol: 1, $: { e: 10, c: 2 } });
  expect(online()).toBe(false);
});

test('a retained command is cleared and reported', async () => {
  await using world = await World.open();
  await world.say('lamp/set', { on: true });
  const errors = await world.hear('lamp/error');
  await world.restart();
  expect(errors).toMatchObject([{ type: 'urn:thingtalk:problem:command-retained' }]);
  expect(await world.hear('lamp/set')).toEqual([]);
});

test('a consumed Thing reads, writes, observes, invokes and subscribes with the types of its definition', async () => {
  await using world = await World.open();
  const exposed = await world.servient().expose(lamp);
  const consumed = consumeThing(world.things, lamp);
  const seen: number[] = [];
  const hot: number[] = [];
  const stop = consumed.observeProperty('level', (level) => seen.push(level));
  consumed.subscribeEvent('hot', (data) => hot.push(data));
  expect(await consumed.writeProperty('level', 8)).toBe(8);
  exposed.emit('hot', 99);
  const run = await consumed.invokeAction('fade', 9);
  await world.clock.advance(100);
  expect(await run.ended).toBe('done');
  stop();
  await consumed.writeProperty('level', 10);
  expect(seen).toEqual([8, 9]);
  expect(hot).toEqual([99]);
  expect(await consumed.readAllProperties()).toMatchObject({ on: true, level: 10 });
});

test('a watcher that throws keeps nobody else from hearing', async () => {
  await using world = await World.open();
  world.things.watch('all', () => {
    throw new Error('broken watcher');
  });
  const heard: string[] = [];
  world.things.watch('all', ({ kind }) => heard.push(kind));
  await world.say('lamp/td', bareTd);
  expect(heard).toEqual(['created']);
});
