import { expect, test } from 'vitest';
import { MemoryBus } from '../bus/memory-bus.ts';
import { MessageHub } from '../bus/message-hub.ts';
import type { JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import type { BusMessage } from '../ports/bus.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { JournalModel } from '../testing/journal-model.ts';
import { MemoryJournal } from '../testing/memory-journal.ts';
import { Servient } from '../thing/servient.ts';
import { defineThing } from '../thing/thing-definition.ts';
import { openThings } from './open-things.ts';

const bareTd = { title: 'Bare', properties: { on: { type: 'boolean' }, level: {} } };
const lamp = defineThing(
  'urn:dev:lamp',
  { title: 'Lamp', properties: { level: { type: 'integer' } } },
  { initial: { level: 50 } },
);

/** What a house leaves in its journal that had a lamp of our SDK and a bare one. */
async function livedIn(clock: FakeClock): Promise<JournalModel> {
  const model = new JournalModel();
  const bus = new MemoryBus();
  await using _things = await openThings({ bus, clock, journal: new MemoryJournal(model) });
  await using servient = new Servient({ bus, clock });
  await servient.expose(lamp);
  await bus.publish('things/bare/td', Payload.of(bareTd), { retain: true });
  await bus.publish('things/bare/values', Payload.of({ on: true }), { retain: true });
  await clock.advance(1_000);
  await bus.publish('things/bare/values', Payload.of({ level: 7 }), { retain: true });
  await settle();
  return model;
}

/** The same house after a restart, on a broker that was told the descriptions and begins with nothing else. */
async function openWorld() {
  const clock = new FakeClock();
  const model = await livedIn(clock);
  const stored = model.things();
  const hub = new MessageHub();
  const bus = new MemoryBus(hub);
  const keep = (topic: string, payload: Payload) => hub.retained.set(topic, payload);
  await bus.publish('things/bare/td', Payload.of(bareTd), { retain: true });
  await bus.publish('things/urn:dev:lamp/td', Payload.of({ ...lamp.td }), { retain: true });
  const offline: JsonValue = { online: false, protocol: 1, $: { e: 0, c: 0 } };
  await bus.publish('things/urn:dev:lamp/status', Payload.of(offline), { retain: true });
  const stamps: string[] = [];
  await bus.subscribe('things/+/stored', ({ topic }) => void stamps.push(topic));
  const open = await openThings({ bus, clock, journal: new MemoryJournal(model), keep });
  await settle();
  return {
    ...{ bus, clock, stamps, things: open.things },
    before: stored,
    now: () => model.things(),
    async [Symbol.asyncDispose]() {
      await open[Symbol.asyncDispose]();
    },
  };
}

test('who subscribes after a restart is told the values that were stored, before their Things speak', async () => {
  await using world = await openWorld();
  const kept = new Map<string, BusMessage>();
  await world.bus.subscribe('things/+/values', (message) => void kept.set(message.topic, message));
  const bare = kept.get('things/bare/values');
  expect(bare?.retain).toBe(true);
  expect(bare?.payload.json()).toMatchObject({ on: true, level: 7, $: { e: 0, s: 0 } });
  expect(kept.get('things/urn:dev:lamp/values')?.payload.json()).toMatchObject({
    level: 50,
    $: { e: expect.any(Number), s: 0 },
  });
});

test('the gateway takes none of it for the word of a Thing', async () => {
  await using world = await openWorld();
  const { things } = world;
  expect(things.find('bare')?.property('on')).toMatchObject({ value: true, confirmed: false });
  expect(things.find(lamp.id)?.property('level')).toMatchObject({ value: 50, confirmed: false });
  expect(things.find(lamp.id)?.liveness.online).toBe(false);
  const ages = ['on', 'level'].map((name) => things.find('bare')?.property(name)?.time ?? 0);
  expect((ages[1] ?? 0) - (ages[0] ?? 0)).toBe(1_000);
  expect(world.now()).toEqual(world.before);
  expect(world.stamps).toEqual([]);
});

test('what a Thing then says takes its place, and is confirmed', async () => {
  await using world = await openWorld();
  const { things, bus, clock } = world;
  await bus.publish('things/bare/values', Payload.of({ on: true }), { retain: true });
  expect(things.find('bare')?.property('on')).toMatchObject({ confirmed: true, version: 1 });
  await using servient = new Servient({ bus, clock });
  const exposed = await servient.expose(lamp);
  exposed.report('level', 51);
  await settle();
  expect(things.find(lamp.id)?.property('level')).toMatchObject({ value: 51, confirmed: true });
});

test('another gateway on that broker shows them as unconfirmed', async () => {
  await using world = await openWorld();
  await using other = await openThings({ bus: world.bus, clock: world.clock });
  expect(other.things.find('bare')?.property('level')).toMatchObject({
    value: 7,
    confirmed: false,
  });
});
