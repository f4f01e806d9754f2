import { Duplex } from 'node:stream';
import { ThingId } from '@thingtalk/core';
import { settle } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { Change } from '../feed/change.ts';
import { type Message, textMessage } from './message.ts';
import { Outbox, Pulse } from './outbox.ts';

/** A socket that takes one write and then waits until it is told that the reader has read. */
class SlowSocket extends Duplex {
  readonly written: Buffer[] = [];
  #accepted: () => void = () => {};

  constructor() {
    super({ writableHighWaterMark: 1 });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk);
    this.#accepted = done;
  }

  /** The reader reads what was written. */
  async accept(): Promise<void> {
    this.#accepted();
    await settle();
    await settle();
  }
}

const lamp = ThingId('urn:dev:lamp');

function change(name: string, value: number, { thing = lamp } = {}): Message {
  const text = `${thing === lamp ? '' : `${thing.slice('urn:dev:'.length)}.`}${name}=${value}`;
  const init = { kind: 'property', thing, name, json: String(value), time: 0 } as const;
  return textMessage(text.padEnd(100), new Change(init, value));
}

const event = (name: string, length = 100) => textMessage(name.padEnd(length));

/** The texts in a run of short server frames. */
function textsOf(wire: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < wire.length; ) {
    const short = wire[at + 1] ?? 0;
    const length = short === 126 ? wire.readUInt16BE(at + 2) : short;
    const start = at + (short === 126 ? 4 : 2);
    texts.push(
      wire
        .subarray(start, start + length)
        .toString()
        .trim(),
    );
    at = start + length;
  }
  return texts;
}

function open(limitBytes: number) {
  const socket = new SlowSocket();
  let overflows = 0;
  const outbox = new Outbox(socket, new Pulse(), {
    limitBytes,
    onOverflow: () => {
      overflows += 1;
    },
  });
  return { socket, outbox, overflows: () => overflows };
}

test('what is pushed in one tick leaves in one write, in order', async () => {
  const { socket, outbox } = open(10_000);
  outbox.push(change('a', 1));
  outbox.push(event('b'));
  outbox.push(change('a', 2));
  expect(socket.written).toEqual([]);
  await settle();
  expect(socket.written.map(textsOf)).toEqual([['a=1', 'b', 'a=2']]);
});

test('sockets that wait for the same messages are written the same bytes', async () => {
  const pulse = new Pulse();
  const sockets = [new SlowSocket(), new SlowSocket()];
  const message = change('a', 1);
  for (const socket of sockets) {
    new Outbox(socket, pulse, { limitBytes: 1_000, onOverflow: () => {} }).push(message);
  }
  await settle();
  const [first, second] = sockets.map(({ written }) => written[0]?.buffer);
  expect(second).toBe(first);
});

test('a lagging reader gets every message while they fit', async () => {
  const { socket, outbox } = open(10_000);
  outbox.push(event('first'));
  await settle();
  for (let value = 0; value < 50; value++) outbox.push(change('a', value));
  await socket.accept();
  expect(socket.written.flatMap(textsOf)).toEqual([
    'first',
    ...Array.from({ length: 50 }, (_, value) => `a=${value}`),
  ]);
  expect(outbox.conflated).toBe(0);
});

test('beyond the limit only the last change of each property is kept, and every event', async () => {
  const { socket, outbox, overflows } = open(1_000);
  outbox.push(event('first'));
  await settle();
  for (let value = 0; value < 40; value++) {
    outbox.push(change(value % 2 ? 'a' : 'b', value));
    if (value === 3) outbox.push(event('kept'));
  }
  await socket.accept();
  const texts = socket.written.flatMap(textsOf);
  expect(texts).toContain('kept');
  expect(texts.findLast((text) => text.startsWith('a='))).toBe('a=39');
  expect(texts.findLast((text) => text.startsWith('b='))).toBe('b=38');
  expect(outbox.conflated).toBeGreaterThan(20);
  expect(overflows()).toBe(0);
});

test.each([
  ['at the limit', 0, 0],
  ['one byte beyond it', 1, 1],
])('events %s: the reader is cut off %i times', async (_, more, times) => {
  // Ten frames of 102 bytes: a head of 2 and 100 of payload.
  const { outbox, overflows } = open(1_020);
  outbox.push(event('first'));
  await settle();
  for (let at = 0; at < 9; at++) outbox.push(event(`e${at}`));
  outbox.push(event('last', 100 + more));
  expect(overflows()).toBe(times);
  expect(outbox.waitingBytes).toBe(times === 0 ? 1_020 : 0);
});

test('whoever waits until the socket takes more goes on in the order it came', async () => {
  const { socket, outbox } = open(10_000);
  outbox.push(event('first'));
  await settle();
  const went: string[] = [];
  const all = ['a', 'b', 'c'].map((name) =>
    outbox.inTurn(() => {
      went.push(name);
      outbox.push(event(name, 70_000));
    }),
  );
  await settle();
  expect(went).toEqual([]);
  await socket.accept();
  // What the first sends fills the socket again: the others wait for their own turn.
  expect(went).toEqual(['a']);
  await socket.accept();
  await socket.accept();
  await Promise.all(all);
  expect(went).toEqual(['a', 'b', 'c']);
});

test('a change of one Thing never stands for a change of another', async () => {
  const { socket, outbox } = open(1_000);
  outbox.push(event('first'));
  await settle();
  for (const id of ['one', 'two']) {
    const other = ThingId(`urn:dev:${id}`);
    for (let value = 0; value < 8; value++) outbox.push(change('a', value, { thing: other }));
  }
  await socket.accept();
  const texts = socket.written.flatMap(textsOf);
  expect(texts).toContain('one.a=7');
  expect(texts).toContain('two.a=7');
});
