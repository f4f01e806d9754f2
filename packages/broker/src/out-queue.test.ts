import type { Duplex } from 'node:stream';
import { Writable } from 'node:stream';
import { settle } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { OutQueue } from './out-queue.ts';

/** A stream that takes nothing until it is told to. */
function makeStream() {
  const pending: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => void pending.push(done),
  });
  stream.on('error', () => {});
  const read = async () => {
    while (pending.length > 0) {
      pending.shift()?.();
      await settle();
    }
  };
  return { stream: stream as unknown as Duplex, read };
}

test('beyond the limit retained topics are put off, and sent once each when the client has read', async () => {
  const { stream, read } = makeStream();
  const sent: string[] = [];
  const queue = new OutQueue(stream, 10, (topic) => sent.push(topic));
  stream.write('12345678');
  const results = ['a', 'b', 'a', 'a'].map((topic) =>
    queue.admits({ topic, bytes: 5, isKept: true }),
  );
  expect(results).toEqual([false, false, false, false]);
  await read();
  expect(sent).toEqual(['a', 'b']);
  expect(queue.conflated).toBe(2);
});

test('beyond the limit what is not retained ends the connection', () => {
  const { stream } = makeStream();
  const queue = new OutQueue(stream, 10, () => {});
  stream.write('12345678');
  expect(queue.admits({ topic: 'a', bytes: 5, isKept: false })).toBe(false);
  expect(stream.destroyed).toBe(true);
});

test('what one tick hands over counts before it is written', () => {
  const { stream } = makeStream();
  const queue = new OutQueue(stream, 10, () => {});
  const results = ['a', 'b', 'c'].map((topic) => queue.admits({ topic, bytes: 5, isKept: true }));
  expect(results).toEqual([true, true, false]);
});

test('a client that has read everything gets a message longer than the limit', () => {
  const { stream } = makeStream();
  const queue = new OutQueue(stream, 10, () => {});
  expect(queue.admits({ topic: 'a', bytes: 50, isKept: false })).toBe(true);
});
