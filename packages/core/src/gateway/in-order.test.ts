import { expect, test } from 'vitest';
import { MemoryBus } from '../bus/memory-bus.ts';
import type { JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { openThings } from './open-things.ts';

const td = { title: 'Door', events: { opened: { data: { type: 'integer' } } } };
const birth = { online: true, protocol: 1, $: { e: 10, c: 1 } };

/** A Thing's side of a bus, by hand, and what a gateway on it takes for events. */
async function openWorld() {
  const bus = new MemoryBus();
  const clock = new FakeClock();
  const asked: string[] = [];
  await bus.subscribe('things/door/get/#', ({ topic }) => {
    asked.push(topic.replace('things/door/get', 'things/door/reply'));
  });
  const say = (topic: string, message: JsonValue, retain = false) =>
    bus.publish(topic, Payload.of(message), { retain });
  const opened = (s: number) => ({ opened: { data: s }, $: { e: 10, s, t: 0 } });
  return {
    bus,
    clock,
    asked,
    say,
    open: (s: number) => say('things/door/event', opened(s)),
    /** Starts a gateway that has heard nothing yet. */
    async listen() {
      const events: unknown[] = [];
      const { things } = await openThings({ bus, clock });
      things.watch('all', (note) => note.kind === 'event' && events.push(note.data));
      return events;
    },
  };
}

test('a Thing that spoke before the gateway listened is asked to say it again, and nothing is passed over', async () => {
  const { say, open, listen, asked } = await openWorld();
  await say('things/door/td', td, true);
  await say('things/door/status', birth, true);
  const events = await listen();
  await open(3);
  for (const s of [1, 2]) await open(s);
  expect(asked).toHaveLength(1);
  await say(asked[0] ?? '', { ok: {} });
  await settle();
  expect(events).toEqual([1, 2, 3]);
});

test('while a Thing announces itself a gap is none, since older values are left out; heard from its midst it is one', async () => {
  const whole = await openWorld();
  const heard = await whole.listen();
  await whole.say('things/door/td', td, true);
  await whole.open(3);
  await whole.say('things/door/status', birth, true);
  expect(heard).toEqual([3]);

  const late = await openWorld();
  await late.say('things/door/td', td, true);
  const events = await late.listen();
  await late.open(3);
  expect(events).toEqual([]);
  expect(late.asked).toHaveLength(1);
});

test('a Thing that is too slow to say it again is not taken to have nothing to say', async () => {
  const { say, open, listen, asked, clock } = await openWorld();
  const events = await listen();
  await say('things/door/td', td, true);
  await say('things/door/status', birth, true);
  await open(2);
  for (let tries = 0; tries < 4; tries++) await clock.advance(2_000);
  expect(asked).toHaveLength(3);
  expect(events).toEqual([]);
  for (const s of [2, 1]) await open(s);
  await say(asked[3] ?? '', { ok: {} });
  await settle();
  expect(events).toEqual([1, 2]);
});

test('what a Thing that is gone said while nobody listened is shown unconfirmed, and all it keeps is taken when it is back', async () => {
  const { bus, clock, say } = await openWorld();
  const door = { ...td, properties: { open: { type: 'boolean' } } };
  const values = (open: boolean, s: number) => ({ open, $: { e: 10, s, t: 5 } });
  await say('things/door/td', door, true);
  await say('things/door/status', { online: false, protocol: 1, $: { e: 10, c: 1 } }, true);
  await say('things/door/values', values(true, 3), true);
  const { things } = await openThings({ bus, clock });
  const notes: unknown[] = [];
  things.watch('all', (note) => {
    if (note.kind === 'event') notes.push(note.data);
    if (note.kind === 'property') notes.push(note.state.value);
  });
  for (let tries = 0; tries < 4; tries++) await clock.advance(2_000);
  const shown = await things.readProperty('door', 'open');
  expect(shown).toMatchObject({ value: true, confirmed: false, time: 5 });
  expect(notes).toEqual([]);

  await say('things/door/td', door, true);
  for (const s of [1, 2])
    await say('things/door/event', { opened: { data: s }, $: { e: 10, s, t: 0 } });
  await say('things/door/values', values(true, 3), true);
  await say('things/door/status', { ...birth, $: { e: 10, c: 2 } }, true);
  await settle();
  expect(notes).toEqual([1, 2, true]);
  const confirmed = await things.readProperty('door', 'open');
  expect(confirmed).toMatchObject({ value: true, confirmed: true, version: shown.version });
});
