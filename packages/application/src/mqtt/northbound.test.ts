import {
  defineThing,
  type ExposedThing,
  MemoryBus,
  openThings,
  Payload,
  Servient,
  type ThingId,
  type Things,
} from '@thingtalk/core';
import { FakeClock, Inbox } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { startNorthboundMqtt } from './northbound.ts';

const lamp = defineThing(
  'urn:dev:lamp',
  {
    title: 'Lamp',
    properties: {
      on: { type: 'boolean' },
      'colour/name+#': { type: 'string' },
      power: { type: 'number', readOnly: true },
    },
    actions: { fade: { input: { type: 'integer', minimum: 1 } }, blink: {} },
    events: { overheated: { data: { type: 'number' } }, touched: {} },
  },
  { initial: { on: true, 'colour/name+#': 'red' }, actions: { fade() {}, blink() {} } },
);

class World implements AsyncDisposable {
  readonly #owned = new AsyncDisposableStack();
  readonly bus: MemoryBus;
  readonly clock: FakeClock;
  readonly things: Things;
  readonly thing: ExposedThing<(typeof lamp)['td']>;

  private constructor(parts: Pick<World, 'bus' | 'clock' | 'things' | 'thing'>) {
    this.bus = parts.bus;
    this.clock = parts.clock;
    this.things = parts.things;
    this.thing = parts.thing;
  }

  /** @param before runs on the bus before the door is opened */
  static async open(before: (bus: MemoryBus) => Promise<void> = async () => {}): Promise<World> {
    const clock = new FakeClock();
    await using owned = new AsyncDisposableStack();
    const bus = owned.use(new MemoryBus());
    await before(bus);
    const { things } = owned.use(await openThings({ bus, clock }));
    const servient = owned.use(new Servient({ bus, clock }));
    const thing = await servient.expose(lamp);
    owned.use(await startNorthboundMqtt({ things, bus, clock }));
    const world = new World({ bus, clock, things, thing });
    world.#owned.use(owned.move());
    await world.settle();
    return world;
  }

  settle(): Promise<void> {
    return this.clock.advance(0);
  }

  /** What is retained below a filter. */
  async retained(filter: string): Promise<Readonly<Record<string, unknown>>> {
    await using inbox = await Inbox.open(this.bus, filter);
    await this.settle();
    const kept = inbox.messages.filter(({ retain }) => retain);
    return Object.fromEntries(kept.map(({ topic, payload }) => [topic, payload.json()]));
  }

  /** Publishes as a client does, and gives what is said on `filter` because of it. */
  async say(topic: string, text: string, filter: string, retain = false): Promise<unknown[]> {
    await using inbox = await Inbox.open(this.bus, filter);
    await this.settle();
    const before = inbox.messages.length;
    const payload = text === '' ? Payload.empty : Payload.ofText(text);
    await this.bus.publish(topic, payload, { retain });
    await this.settle();
    await this.settle();
    return inbox.messages.slice(before).map((message) => message.payload.json());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}

const root = 'things/urn:dev:lamp';

test('every property has a retained topic with its bare value, names encoded as topic levels', async () => {
  await using world = await World.open();
  expect(await world.retained(`${root}/properties/+`)).toEqual({
    [`${root}/properties/on`]: true,
    [`${root}/properties/colour%2Fname%2B%23`]: 'red',
  });
});

test('a broker that begins with nothing is given the values without anybody being told', async () => {
  await using bus = new MemoryBus();
  await using open = await openThings({ bus });
  await using servient = new Servient({ bus });
  const thing = await servient.expose(lamp);
  await using inbox = await Inbox.open(bus, `${root}/properties/+`);
  const kept: [string, unknown][] = [];
  const keep = (topic: string, payload: Payload) => void kept.push([topic, payload.json()]);
  await using _door = await startNorthboundMqtt({ things: open.things, bus, keep });
  expect(kept).toEqual([
    [`${root}/properties/on`, true],
    [`${root}/properties/colour%2Fname%2B%23`, 'red'],
  ]);
  expect(inbox.messages).toEqual([]);
  thing.report('on', false);
  expect(await inbox.take(1)).toMatchObject([{ topic: `${root}/properties/on` }]);
  expect(kept).toHaveLength(2);
});

test('the retained value follows the Thing', async () => {
  await using world = await World.open();
  world.thing.report('on', false);
  world.thing.report('power', 7.5);
  await world.settle();
  expect(await world.retained(`${root}/properties/+`)).toMatchObject({
    [`${root}/properties/on`]: false,
    [`${root}/properties/power`]: 7.5,
  });
});

test('a write to /set reaches the Thing and comes back as its value', async () => {
  await using world = await World.open();
  const topic = `${root}/properties/colour%2Fname%2B%23`;
  expect(await world.say(`${topic}/set`, '"blue"', topic)).toEqual(['blue']);
  expect(world.things.find(lamp.id)?.property('colour/name+#')?.value).toBe('blue');
});

test('an action is invoked by its input, or by nothing, and its states are told', async () => {
  await using world = await World.open();
  const fade = `${root}/actions/fade`;
  const states = (await world.say(fade, '5', `${fade}/status`)) as { status: string }[];
  expect(states.map(({ status }) => status)).toEqual(['pending', 'running', 'completed']);
  expect(states[0]).toMatchObject({ id: expect.any(String), input: 5 });
  const blink = `${root}/actions/blink`;
  expect(await world.say(blink, '', `${blink}/status`)).toHaveLength(3);
});

test('an event says its bare data, or null', async () => {
  await using world = await World.open();
  await using inbox = await Inbox.open(world.bus, `${root}/events/+`);
  world.thing.emit('overheated', 102);
  world.thing.emit('touched');
  await world.settle();
  expect(inbox.received).toEqual([
    [`${root}/events/overheated`, '102'],
    [`${root}/events/touched`, 'null'],
  ]);
});

test.each([
  ['properties/on/set', '1', 400, 'properties/on'],
  ['properties/on/set', 'nonsense', 400, 'properties/on'],
  ['properties/power/set', '1', 403, 'properties/power'],
  ['properties/volume/set', '1', 404, 'properties/volume'],
  ['properties/%E0/set', '1', 400, 'properties/%25E0'],
  ['actions/fade', '0', 400, 'actions/fade'],
  ['actions/fly', '', 404, 'actions/fly'],
])('%s with %j is refused on error with %i', async (place, text, status, instance) => {
  await using world = await World.open();
  const before = await world.things.readProperties(lamp.id);
  expect(await world.say(`${root}/${place}`, text, `${root}/error`)).toEqual([
    expect.objectContaining({ status, instance: `/things/urn:dev:lamp/${instance}` }),
  ]);
  expect(await world.things.readProperties(lamp.id)).toEqual(before);
});

test('the values go with the Thing', async () => {
  await using world = await World.open();
  await world.thing.remove();
  await world.settle();
  expect(await world.retained(`${root}/properties/+`)).toEqual({});
});

test('the value of a property that a new description lacks is cleared', async () => {
  await using world = await World.open();
  await world.bus.publish(
    'things/bare/td',
    Payload.of({ title: 'Bare', properties: { a: { type: 'number' }, b: { type: 'number' } } }),
    { retain: true },
  );
  await world.bus.publish('things/bare/values', Payload.of({ a: 1, b: 2 }));
  await world.settle();
  expect(Object.values(await world.retained('things/bare/properties/+'))).toEqual([1, 2]);
  await world.bus.publish(
    'things/bare/td',
    Payload.of({ title: 'Bare', properties: { b: { type: 'number' } } }),
    { retain: true },
  );
  await world.settle();
  expect(await world.retained('things/bare/properties/+')).toEqual({
    'things/bare/properties/b': 2,
  });
});

test('commands that a broker kept are cleared and reported, never carried out', async () => {
  await using world = await World.open(async (bus) => {
    await bus.publish(`${root}/properties/on/set`, Payload.of(false), { retain: true });
    await bus.publish(`${root}/actions/blink`, Payload.of(1), { retain: true });
  });
  await world.settle();
  expect(world.things.find(lamp.id)?.property('on')?.value).toBe(true);
  expect(world.things.queryActions(lamp.id)).toEqual([]);
  expect(await world.retained(`${root}/properties/on/set`)).toEqual({});
  expect(await world.retained(`${root}/actions/blink`)).toEqual({});
});

test('values that an earlier run left behind are cleared once Things have had time to appear', async () => {
  await using world = await World.open(async (bus) => {
    for (const topic of ['things/gone/properties/on', `${root}/properties/gone`]) {
      await bus.publish(topic, Payload.of(1), { retain: true });
    }
  });
  await world.clock.advance(10_000);
  expect(await world.retained('things/+/properties/+')).toEqual({
    [`${root}/properties/on`]: true,
    [`${root}/properties/colour%2Fname%2B%23`]: 'red',
  });
});

test('a Thing is found by the id that its level stands for', async () => {
  await using world = await World.open();
  const id = 'https://example.com/lamp' as ThingId;
  await using servient = new Servient({ bus: world.bus, clock: world.clock });
  await servient.expose(defineThing(id, { title: 'Far', properties: { on: { type: 'boolean' } } }));
  await world.settle();
  const topic = 'things/https:%2F%2Fexample.com%2Flamp/properties/on';
  expect(await world.say(`${topic}/set`, 'true', topic)).toEqual([true]);
});
