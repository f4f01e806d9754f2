import { expect, test } from 'vitest';
import { Payload } from '../data/payload.ts';
import { busConformance } from '../testing/bus-conformance.ts';
import { MemoryBus } from './memory-bus.ts';
import { MessageHub } from './message-hub.ts';

const text = (value: string) => Payload.ofText(value);

busConformance('MemoryBus', async () => {
  const hub = new MessageHub();
  return { open: async () => new MemoryBus(hub), [Symbol.asyncDispose]: async () => {} };
});

test('a message reaches its listeners before publish returns, by reference', async () => {
  const bus = new MemoryBus();
  const heard: Payload[] = [];
  await bus.subscribe('a', ({ payload }) => heard.push(payload));
  const payload = Payload.of({ on: true });
  void bus.publish('a', payload);
  expect(heard[0]).toBe(payload);
});

test('a listener that throws does not keep the message from the others, and is reported', async () => {
  const errors: unknown[] = [];
  const bus = new MemoryBus({ onError: (error, { topic }) => errors.push([topic, error]) });
  const failure = new Error('broken');
  const heard: string[] = [];
  await bus.subscribe('a', () => {
    throw failure;
  });
  await bus.subscribe('a', ({ payload }) => heard.push(payload.text()));
  await bus.publish('a', text('1'));
  await bus.publish('a', text('2'));
  expect(heard).toEqual(['1', '2']);
  expect(errors).toEqual([
    ['a', failure],
    ['a', failure],
  ]);
});

test('a listener that another one takes out during a message does not hear it', async () => {
  const bus = new MemoryBus();
  const heard: string[] = [];
  await bus.subscribe('a', () => void second[Symbol.asyncDispose]());
  const second = await bus.subscribe('a', () => heard.push('second'));
  await bus.publish('a', text('1'));
  expect(heard).toEqual([]);
});

test('who subscribes during a message hears it as retained, or not at all', async () => {
  const bus = new MemoryBus();
  const heard: [string, boolean][] = [];
  await bus.subscribe('a', () => {
    void bus.subscribe('a', ({ payload, retain }) => heard.push([payload.text(), retain]));
  });
  await bus.publish('a', text('1'), { retain: true });
  expect(heard).toEqual([['1', true]]);
});

test('what a listener publishes while it gets what is retained waits its turn', async () => {
  const bus = new MemoryBus();
  await bus.publish('a/1', text('1'), { retain: true });
  await bus.publish('a/2', text('2'), { retain: true });
  const heard: string[] = [];
  await bus.subscribe('b', ({ payload }) => heard.push(`b ${payload.text()}`));
  await bus.subscribe('a/+', ({ payload }) => {
    heard.push(`a ${payload.text()}`);
    void bus.publish('b', payload);
  });
  expect(heard).toEqual(['a 1', 'a 2', 'b 1', 'b 2']);
});

test('two listeners that answer each other for ever leave the process its turn', async () => {
  const bus = new MemoryBus();
  let rounds = 0;
  const ping = await bus.subscribe('ping', () => void bus.publish('pong', text('1')));
  await bus.subscribe('pong', () => {
    rounds++;
    void bus.publish('ping', text('1'));
  });
  void bus.publish('ping', text('1'));
  await new Promise((resolve) => setImmediate(resolve));
  await ping[Symbol.asyncDispose]();
  expect(rounds).toBeGreaterThan(0);
});

test('when too many messages wait, the next is refused as overload', async () => {
  const bus = new MemoryBus({ maxWaiting: 2 });
  const outcomes: Promise<void>[] = [];
  await bus.subscribe('a', () => {
    for (const value of ['1', '2', '3']) outcomes.push(bus.publish('b', text(value)));
  });
  await bus.publish('a', text('0'));
  const settled = await Promise.allSettled(outcomes);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
});

test('subscriptions end in any order without touching their neighbours', async () => {
  const bus = new MemoryBus();
  const heard: number[] = [];
  const subscriptions = await Promise.all(
    [0, 1, 2, 3].map((n) => bus.subscribe('a', () => heard.push(n))),
  );
  for (const at of [1, 3, 1]) await subscriptions[at]?.[Symbol.asyncDispose]();
  await bus.publish('a', text('1'));
  await bus.drain();
  expect(heard).toEqual([0, 2]);
});
