import { expect, test } from 'vitest';
import type { Will } from '../ports/bus.ts';
import { flush, type MakeWorld, text } from './bus-world.ts';
import { Inbox } from './inbox.ts';
import { naiveMatch } from './naive-match.ts';

/** Which filters are taken, and what they match. */
export function filterTests(makeWorld: MakeWorld): void {
  test.each([
    ['', 'empty'],
    ['a/#/b', '# in the middle'],
    ['a/b#', '# beside text'],
    ['a+/b', '+ beside text'],
    ['a\0', 'NUL'],
    ['a/b/c/d/e/f/g/h/i', 'nine levels'],
    ['x'.repeat(257), '257 bytes'],
  ])('the filter %j is refused: %s', async (filter) => {
    await using world = await makeWorld();
    const bus = await world.open();
    await expect(bus.subscribe(filter, () => {})).rejects.toMatchObject({ name: 'bad-request' });
  });

  test.each([
    ['', 'empty'],
    ['a/+', 'a wildcard'],
    ['a/#', 'a wildcard'],
    ['a\0', 'NUL'],
    ['a/b/c/d/e/f/g/h/i', 'nine levels'],
    ['ä'.repeat(129), '258 bytes'],
  ])('the topic %j is refused: %s', async (topic) => {
    await using world = await makeWorld();
    const bus = await world.open();
    await expect(bus.publish(topic, text('1'))).rejects.toMatchObject({ name: 'bad-request' });
  });

  test('wildcards fit as MQTT 4.7 has it', async () => {
    await using world = await makeWorld();
    const bus = await world.open();
    const topics = ['a', 'a/b', 'a/b/c', '/a', 'a/', 'b/b', 'b/x/c'];
    const filters = ['#', '+', 'a/#', 'a/+', '+/b', '+/+', '/+', 'a/b/#', '+/+/c', '+/#', 'a/b/c'];
    const inboxes = await Promise.all(
      filters.map(async (filter) => ({ filter, inbox: await Inbox.open(bus, filter) })),
    );
    for (const topic of topics) await bus.publish(topic, text('1'));
    for (const { filter, inbox } of inboxes) {
      const expected = topics.filter((topic) => naiveMatch(filter, topic));
      await inbox.take(expected.length);
      expect(
        inbox.messages.map(({ topic }) => topic),
        filter,
      ).toEqual(expected);
    }
  });
}

/** How sessions live and die. */
export function sessionTests(makeWorld: MakeWorld): void {
  const will = (): Will => ({ topic: 'a/status', payload: text('"dead"'), retain: true });
  const onConnect = () => {};

  test('a session that dies says its will', async () => {
    await using world = await makeWorld();
    const bus = await world.open();
    await using inbox = await Inbox.open(bus, 'a/status');
    const session = await bus.session({ will, onConnect });
    await session.publish('a/status', text('"born"'), { retain: true });
    await inbox.take(1);
    await (world.kill?.(session) ?? session[Symbol.asyncDispose]());
    await inbox.take(2);
    expect(inbox.texts).toEqual(['"born"', '"dead"']);
  });

  test('a will is retained when it says so', async () => {
    await using world = await makeWorld();
    const bus = await world.open();
    await using live = await Inbox.open(bus, 'a/status');
    const session = await bus.session({ will, onConnect });
    await session[Symbol.asyncDispose]();
    await live.take(1);
    const late = await world.open();
    await using inbox = await Inbox.open(late, 'a/status');
    await inbox.take(1);
    expect(inbox.messages[0]?.retain).toBe(true);
  });

  test('a session that drains says no will, and its last words arrive', async () => {
    await using world = await makeWorld();
    const bus = await world.open();
    await using inbox = await Inbox.open(bus, 'a/status');
    const session = await bus.session({ will, onConnect });
    await session.publish('a/status', text('"gone to bed"'), { retain: true });
    await session.drain();
    await session[Symbol.asyncDispose]();
    await inbox.take(1);
    await flush(bus, inbox, 'a/status');
    expect(inbox.texts).toEqual(['"gone to bed"', '"the end"']);
  });

  test('the will is asked for and the connection told before the session is handed over', async () => {
    await using world = await makeWorld();
    const bus = await world.open();
    const steps: string[] = [];
    const session = await bus.session({
      will: () => {
        steps.push('will');
        return will();
      },
      onConnect: () => steps.push('connected'),
    });
    expect(steps).toEqual(['will', 'connected']);
    await session.drain();
  });

  test('a session outlives the draining of another, and ends only its own subscriptions', async () => {
    await using world = await makeWorld();
    const bus = await world.open();
    const [one, two] = [
      await bus.session({ will, onConnect }),
      await bus.session({ will, onConnect }),
    ];
    const first = await Inbox.open(one, 'b');
    await using second = await Inbox.open(two, 'b');
    await one.drain();
    await bus.publish('b', text('1'));
    await second.take(1);
    expect([first.texts, second.texts]).toEqual([[], ['1']]);
    await two.drain();
  });
}
