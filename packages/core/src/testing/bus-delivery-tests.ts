import { expect, test } from 'vitest';
import { Topics } from '../bus/topics.ts';
import { Payload } from '../data/payload.ts';
import { ThingId } from '../td/thing-id.ts';
import { flush, type MakeWorld, text } from './bus-world.ts';
import { Inbox } from './inbox.ts';
import { naiveMatch } from './naive-match.ts';

/** How messages arrive, live and retained. */
export function deliveryTests(makeWorld: MakeWorld): void {
  test('10,000 messages of one publisher arrive complete and in order', async () => {
    await using world = await makeWorld();
    const [publisher, reader] = [await world.open(), await world.open()];
    await using inbox = await Inbox.open(reader, 'a/#');
    const expected: string[] = [];
    for (let n = 0; n < 10_000; n++) {
      expected.push(String(n));
      void publisher.publish(`a/${n % 7}`, text(String(n)));
    }
    await inbox.take(10_000);
    expect(inbox.texts).toEqual(expected);
  });

  test('retained and plain messages of one tick all arrive, in order', async () => {
    await using world = await makeWorld();
    const [publisher, reader] = [await world.open(), await world.open()];
    await using inbox = await Inbox.open(reader, 'a/+');
    const expected: [string, string][] = [];
    for (let n = 0; n < 1_000; n++) {
      const retain = n % 2 === 0;
      const topic = retain ? 'a/values' : 'a/event';
      expected.push([topic, String(n)]);
      void publisher.publish(topic, text(String(n)), { retain });
    }
    await inbox.take(1_000);
    expect(inbox.received).toEqual(expected);
  });

  test('an acknowledged message arrives too', async () => {
    await using world = await makeWorld();
    const [publisher, reader] = [await world.open(), await world.open()];
    await using inbox = await Inbox.open(reader, 'a');
    await publisher.publish('a', text('1'), { qos: 1 });
    await publisher.publish('a', text('2'), { qos: 1, retain: true });
    await inbox.take(2);
    expect(inbox.texts).toEqual(['1', '2']);
  });

  test('a publisher hears itself', async () => {
    await using world = await makeWorld();
    const bus = await world.open();
    await using inbox = await Inbox.open(bus, 'a');
    await bus.publish('a', text('1'));
    await inbox.take(1);
    expect(inbox.received).toEqual([['a', '1']]);
  });

  test('two listeners on one bus see the same order when one of them publishes', async () => {
    await using world = await makeWorld();
    const bus = await world.open();
    await using _ = await bus.subscribe('a', () => void bus.publish('b', text('2')));
    await using inbox = await Inbox.open(bus, '#');
    await bus.publish('a', text('1'));
    await inbox.take(2);
    expect(inbox.received).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  test('each listener hears a message once for each of its subscriptions, overlapping or not', async () => {
    await using world = await makeWorld();
    const bus = await world.open();
    await using exact = await Inbox.open(bus, 'a/b');
    await using below = await Inbox.open(bus, 'a/#');
    await using again = await Inbox.open(bus, 'a/#');
    await bus.publish('a/b', text('1'));
    await flush(bus, below, 'a/end');
    await again.take(2);
    expect([exact.texts, below.texts, again.texts]).toEqual([
      ['1'],
      ['1', '"the end"'],
      ['1', '"the end"'],
    ]);
  });

  test('a listener that has left hears nothing more, and the others do', async () => {
    await using world = await makeWorld();
    const bus = await world.open();
    const left = await Inbox.open(bus, 'a');
    await using stays = await Inbox.open(bus, 'a');
    await bus.publish('a', text('1'));
    await stays.take(1);
    await left[Symbol.asyncDispose]();
    await bus.publish('a', text('2'));
    await stays.take(2);
    expect([left.texts, stays.texts]).toEqual([['1'], ['1', '2']]);
  });

  test('topics and payloads in any script arrive as they were', async () => {
    await using world = await makeWorld();
    const bus = await world.open();
    const topics = new Topics();
    const id = ThingId('urn:thing:küche/灯+#%💡');
    await using inbox = await Inbox.open(bus, topics.every('values'));
    await bus.publish(topics.of(id, 'values'), Payload.of({ größe: '💡' }));
    const [message] = await inbox.take(1);
    expect(topics.parse(message?.topic ?? '')?.id).toBe(id);
    expect(message?.payload.json()).toEqual({ größe: '💡' });
  });

  test('a payload of 200 KB arrives', async () => {
    await using world = await makeWorld();
    const [publisher, reader] = [await world.open(), await world.open()];
    await using inbox = await Inbox.open(reader, 'a');
    await publisher.publish('a', Payload.of('x'.repeat(200_000)));
    const [message] = await inbox.take(1);
    expect(message?.payload.json()).toHaveLength(200_000);
  });

  test('after drain the status is closed and nothing more is heard', async () => {
    await using world = await makeWorld();
    const [bus, other] = [await world.open(), await world.open()];
    const states: string[] = [];
    bus.onStatus(({ state }) => states.push(state));
    const inbox = await Inbox.open(bus, 'a');
    await using witness = await Inbox.open(other, 'a');
    expect(bus.status.state).toBe('connected');
    await bus.publish('a', text('1'));
    await inbox.take(1);
    await bus.drain();
    await other.publish('a', text('2'));
    await witness.take(2);
    expect(bus.status.state).toBe('closed');
    expect(states).toEqual(['closed']);
    expect(inbox.texts).toEqual(['1']);
  });

  test('what was published just before drain still arrives', async () => {
    await using world = await makeWorld();
    const [publisher, reader] = [await world.open(), await world.open()];
    await using inbox = await Inbox.open(reader, 'a');
    for (let n = 0; n < 100; n++) void publisher.publish('a', text(String(n)));
    await publisher.drain();
    await inbox.take(100);
    expect(inbox.texts.at(-1)).toBe('99');
  });
}

/** What is retained, and how it is cleared. */
export function retainedTests(makeWorld: MakeWorld): void {
  test('who subscribes later gets the last retained message, marked as such', async () => {
    await using world = await makeWorld();
    const [publisher, reader] = [await world.open(), await world.open()];
    await publisher.publish('a/values', text('1'), { retain: true, qos: 1 });
    await publisher.publish('a/values', text('2'), { retain: true, qos: 1 });
    await using inbox = await Inbox.open(reader, '+/values');
    await inbox.take(1);
    await publisher.publish('a/values', text('3'), { retain: true });
    await inbox.take(2);
    expect(inbox.messages.map(({ retain }) => retain)).toEqual([true, false]);
    expect(inbox.texts).toEqual(['2', '3']);
  });

  test('a second listener of a filter gets what is retained too, and the first not again', async () => {
    await using world = await makeWorld();
    const bus = await world.open();
    await bus.publish('a', text('1'), { retain: true, qos: 1 });
    await using first = await Inbox.open(bus, 'a');
    await first.take(1);
    await using second = await Inbox.open(bus, 'a');
    await second.take(1);
    await flush(bus, first, 'a');
    expect(first.texts).toEqual(['1', '"the end"']);
    expect(second.messages[0]?.retain).toBe(true);
  });

  test('an empty retained message clears the topic, and is heard by those who listen', async () => {
    await using world = await makeWorld();
    const [publisher, reader] = [await world.open(), await world.open()];
    await using live = await Inbox.open(reader, 'a');
    await publisher.publish('a', text('1'), { retain: true, qos: 1 });
    await publisher.publish('a', Payload.empty, { retain: true, qos: 1 });
    await live.take(2);
    expect(live.messages[1]?.payload.isEmpty).toBe(true);
    const late = await world.open();
    await using inbox = await Inbox.open(late, '#');
    await flush(publisher, inbox, 'z');
    expect(inbox.received).toEqual([['z', '"the end"']]);
  });

  test('retained messages are found through every kind of filter', async () => {
    await using world = await makeWorld();
    const bus = await world.open();
    const topics = [
      'things',
      'things/1',
      'things/1/td',
      'things/1/values',
      'things/2/td',
      '/a',
      'a/',
    ];
    for (const topic of topics) await bus.publish(topic, text('1'), { retain: true, qos: 1 });
    for (const filter of ['#', '+', 'things/#', 'things/+/td', 'things/1/#', '+/+', '/+', 'a/+']) {
      const reader = await world.open();
      const expected = topics.filter((topic) => naiveMatch(filter, topic));
      await using inbox = await Inbox.open(reader, filter);
      await inbox.take(expected.length);
      expect(inbox.messages.map(({ topic }) => topic).sort(), filter).toEqual(expected.sort());
    }
  });
}
