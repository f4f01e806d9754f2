import { expect, test } from 'vitest';
import { MemoryBus } from '../bus/memory-bus.ts';
import { Payload } from '../data/payload.ts';
import type { ThingMemory } from '../ports/thing-memory.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { Inbox } from '../testing/inbox.ts';
import { VolatileMemory } from './memory-outbox.ts';
import { Servient } from './servient.ts';
import { defineThing } from './thing-definition.ts';

const integer = { type: 'integer' } as const;
const first = defineThing(
  'urn:dev:lamp',
  {
    title: 'Lamp',
    properties: { level: integer, power: integer, mode: { type: 'string' } },
    events: { hot: { data: integer } },
  },
  { initial: { level: 1, power: 2, mode: 'dim' } },
);
/** The same lamp after an update: its mode is a number now, and its power is read from the device. */
const second = defineThing(
  'urn:dev:lamp',
  { title: 'Lamp', properties: { level: integer, power: integer, mode: integer } },
  { initial: { level: 1, power: 3, mode: 4 }, read: { power: () => 3 } },
);

const serve = (memory: ThingMemory, bus = new MemoryBus()) =>
  new Servient({ bus, clock: new FakeClock(), memory });

test('the next life begins with the last values, where they fit and the servient itself keeps them', async () => {
  const memory = new VolatileMemory();
  const before = await serve(memory).expose(first);
  before.report('level', 50);
  before.report('power', 60);
  before.report('mode', 'bright');
  await before.drain();
  const now = await serve(memory).expose(second);
  expect([now.value('level'), now.value('power'), now.value('mode')]).toEqual([50, 3, 4]);
});

test('a write is answered once the new value is kept', async () => {
  const kept = Promise.withResolvers<void>();
  const memory: ThingMemory = {
    async open(thing) {
      const outbox = await new VolatileMemory().open(thing);
      return Object.assign(outbox, { kept: () => kept.promise });
    },
    async [Symbol.asyncDispose]() {},
  };
  const bus = new MemoryBus();
  await serve(memory, bus).expose(first);
  await using replies = await Inbox.open(bus, 'things/urn:dev:lamp/reply/#');
  await bus.publish('things/urn:dev:lamp/set/me/1', Payload.of({ level: 7 }));
  await settle();
  expect(replies.texts).toEqual([]);
  kept.resolve();
  await settle();
  expect(replies.texts).toEqual(['{"ok":{"level":7}}']);
});

test('an event is said again to whoever asks for everything, until it is stored', async () => {
  const bus = new MemoryBus();
  const thing = await serve(new VolatileMemory(), bus).expose(first);
  await using events = await Inbox.open(bus, 'things/+/event');
  thing.emit('hot', 90);
  const ask = () => bus.publish('things/urn:dev:lamp/get', Payload.empty);
  await ask();
  expect(events.texts).toHaveLength(2);
  expect(events.texts[1]).toBe(events.texts[0]);
  const stored = thing.stored();
  const { $ } = JSON.parse(events.texts[0] ?? '') as { readonly $: { readonly e: number } };
  await bus.publish('things/urn:dev:lamp/stored', Payload.of({ e: $.e, s: 1_000 }));
  await stored;
  await ask();
  expect(events.texts).toHaveLength(2);
});

test('who waits until all is stored is told when the Thing ends before', async () => {
  const thing = await serve(new VolatileMemory()).expose(first);
  thing.emit('hot', 90);
  const stored = thing.stored();
  await Promise.all([thing.drain(), expect(stored).rejects.toMatchObject({ status: 503 })]);
});

test('an event that does not fit any more is refused to the program, not lost in silence', async () => {
  const thing = await serve(new VolatileMemory(200)).expose(first);
  thing.emit('hot', 1);
  expect(() => thing.emit('hot', 2)).toThrow(/wait for a gateway that stores them/);
  thing.report('level', 9);
  expect(thing.value('level')).toBe(9);
});

test('a life whose clock was a year ahead counts for nothing once the clock is right', async () => {
  const day = 86_400_000;
  const memory = new VolatileMemory();
  const epochs: number[] = [];
  for (const ahead of [0, day / 2, 366 * day, -day]) {
    const clock = new FakeClock(1_700_000_000_000 + ahead);
    const bus = new MemoryBus();
    const thing = await new Servient({ bus, clock, memory }).expose(first);
    await using births = await Inbox.open(bus, 'things/+/status');
    const { $ } = JSON.parse(births.texts[0] ?? '') as { readonly $: { readonly e: number } };
    epochs.push($.e - 1_700_000_000_000);
    await thing.drain();
  }
  expect(epochs).toEqual([0, day / 2, 366 * day, -day]);
});

test('a clock that stands still between two lives does not make the second look like the first', async () => {
  const memory = new VolatileMemory();
  const epochs: number[] = [];
  for (let life = 0; life < 2; life++) {
    const bus = new MemoryBus();
    const thing = await serve(memory, bus).expose(first);
    await using births = await Inbox.open(bus, 'things/+/status');
    const { $ } = JSON.parse(births.texts[0] ?? '') as { readonly $: { readonly e: number } };
    epochs.push($.e);
    await thing.drain();
  }
  expect(epochs[1]).toBe((epochs[0] ?? 0) + 1);
});
