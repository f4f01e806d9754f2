import { expect, test } from 'vitest';
import { Payload } from '../data/payload.ts';
import type { BusMessage } from '../ports/bus.ts';
import { Problem } from '../problem/problem.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { MemoryBus } from './memory-bus.ts';
import { Requester, type RequesterOptions } from './requester.ts';

const nothing = Payload.of(null);

async function makeWorld(options: RequesterOptions = {}) {
  const bus = new MemoryBus();
  const clock = new FakeClock();
  const requester = await Requester.open(bus, { clock, ...options });
  const asked: BusMessage[] = [];
  await bus.subscribe('things/+/set/#', (message) => asked.push(message));
  const replyTopic = (at: number) => (asked[at]?.topic ?? '').replace('/set/', '/reply/');
  const answer = (at: number, value: Parameters<typeof Payload.of>[0]) =>
    bus.publish(replyTopic(at), Payload.of(value));
  return { bus, clock, requester, asked, answer, replyTopic };
}

test('a request is published under its own address and resolves with the answer', async () => {
  const { requester, asked, answer } = await makeWorld({ clientId: 'gate/1' });
  const result = requester.request('lamp', 'set', Payload.of({ on: true }));
  expect(asked[0]?.topic).toMatch(/^things\/lamp\/set\/gate_1-[0-9a-f]{16}\/1$/);
  await answer(0, { ok: { on: true } });
  expect(await result).toEqual({ on: true });
});

test('an answer given in the same tick needs no timer', async () => {
  const { bus, clock, requester } = await makeWorld();
  await bus.subscribe('things/+/get/#', ({ topic }) => {
    void bus.publish(topic.replace('/get/', '/reply/'), Payload.of({ ok: 1 }));
  });
  expect(await requester.request('lamp', 'get', nothing)).toBe(1);
  expect(clock.waiting).toBe(0);
});

test('the problem a Thing answers with is thrown as it was', async () => {
  const { requester, answer } = await makeWorld();
  const result = requester.request('lamp', 'set', nothing);
  const problem = new Problem('property-read-only', "'power' cannot be written");
  await answer(0, { problem: JSON.parse(JSON.stringify(problem)) });
  await expect(result).rejects.toEqual(problem);
});

test('silence until the deadline is thing-unreachable, and a later answer is nobody’s', async () => {
  const { clock, requester, answer } = await makeWorld();
  const result = expect(requester.request('lamp', 'set', nothing)).rejects.toMatchObject({
    name: 'thing-unreachable',
    detail: 'lamp was silent for 2000 ms',
  });
  await clock.advance(2_000);
  await result;
  await answer(0, { ok: 1 });
});

test('each request has its own deadline, however many wait', async () => {
  const { clock, requester } = await makeWorld();
  const ends: [number, number][] = [];
  const start = clock.now();
  const ask = (name: number, deadlineMs: number) =>
    void requester
      .request('lamp', 'set', nothing, { deadlineMs })
      .catch(() => ends.push([name, clock.now() - start]));
  ask(1, 1_000);
  ask(2, 300);
  await clock.advance(500);
  ask(3, 1_000);
  ask(4, 300);
  await clock.advance(2_000);
  expect(ends).toEqual([
    [2, 300],
    [4, 800],
    [1, 1_000],
    [3, 1_500],
  ]);
  expect(clock.waiting).toBe(0);
});

test('an answer on another Thing’s topic, a retained one or one to an unknown number is ignored', async () => {
  const { bus, requester, answer, replyTopic } = await makeWorld();
  const result = requester.request('lamp', 'set', nothing);
  const forged = Payload.of({ ok: 'forged' });
  await bus.publish(replyTopic(0).replace('lamp', 'other'), forged);
  await bus.publish(`${replyTopic(0)}0`, forged);
  await answer(0, { ok: 'true' });
  expect(await result).toBe('true');
});

test.each([[null], [[1]], [{ neither: 1 }], ['text']])(
  'the answer %j, which says nothing, is a failure',
  async (value) => {
    const { requester, answer } = await makeWorld();
    const result = requester.request('lamp', 'set', nothing);
    await answer(0, value);
    await expect(result).rejects.toMatchObject({ name: 'thing-unreachable' });
  },
);

test('an answer that is not JSON is a failure', async () => {
  const { bus, requester, replyTopic } = await makeWorld();
  const result = requester.request('lamp', 'set', nothing);
  await bus.publish(replyTopic(0), Payload.ofText('{'));
  await expect(result).rejects.toMatchObject({ name: 'payload-invalid' });
});

test('a request ends with its signal', async () => {
  const { requester, asked } = await makeWorld();
  const controller = new AbortController();
  const result = requester.request('lamp', 'set', nothing, { signal: controller.signal });
  controller.abort(new Error('gone'));
  await expect(result).rejects.toThrow('gone');
  const { signal } = controller;
  await expect(requester.request('lamp', 'set', nothing, { signal })).rejects.toThrow('gone');
  expect(asked).toHaveLength(1);
});

test('more requests than may wait are refused as overload, until one is answered', async () => {
  const { requester, answer } = await makeWorld({ maxOutstanding: 2 });
  const first = requester.request('lamp', 'set', nothing);
  void requester.request('lamp', 'set', nothing).catch(() => {});
  await expect(requester.request('lamp', 'set', nothing)).rejects.toMatchObject({
    name: 'overloaded',
  });
  await answer(0, { ok: 1 });
  await first;
  void requester.request('lamp', 'set', nothing).catch(() => {});
  await settle();
});

test('what cannot be published fails at once', async () => {
  const { clock, requester } = await makeWorld();
  const result = requester.request('x'.repeat(300), 'set', nothing);
  await expect(result).rejects.toMatchObject({ name: 'bad-request' });
  await clock.advance(5_000);
});

test('closing fails what waits', async () => {
  const { clock, requester } = await makeWorld();
  const result = expect(requester.request('lamp', 'set', nothing)).rejects.toMatchObject({
    name: 'thing-unreachable',
  });
  await requester[Symbol.asyncDispose]();
  await result;
  expect(clock.waiting).toBe(0);
});
