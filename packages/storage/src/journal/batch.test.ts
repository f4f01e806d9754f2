import { type JournalEntry, ThingId } from '@thingtalk/core';
import { journalEntry } from '@thingtalk/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Batch, readBatch } from './batch.ts';

const thing = ThingId('urn:dev:lamp');

type Values = Extract<JournalEntry, { kind: 'values' }>;
const values = (s: number, said: Values['values'], e = 1): Values => ({
  ...{ kind: 'values', thing, stamp: { e, s }, time: s, values: said },
});

function batchOf(...entries: readonly JournalEntry[]): Batch {
  const batch = new Batch();
  for (const entry of entries) batch.add(entry);
  return batch;
}

test('what a Thing says again of a property is one value, and the number of each message', () => {
  const batch = batchOf(
    values(1, { on: true, level: 1 }),
    values(2, { level: 2 }),
    values(4, { level: 4 }),
  );
  expect(readBatch(batch.text())).toEqual([
    {
      kind: 'said',
      thing,
      stamp: { e: 1, s: 4 },
      said: [
        { name: 'on', text: 'true', time: 1, at: [1] },
        { name: 'level', text: '4', time: 4, at: [1, 2, 4] },
      ],
    },
  ]);
});

test('values are not joined over something else the Thing said, nor from one boot to the next', () => {
  const event: JournalEntry = {
    ...{ kind: 'event', thing, stamp: { e: 1, s: 2 }, time: 2, name: 'overheated', data: 1 },
  };
  const batch = batchOf(values(1, { on: true }), event, values(3, { on: false }));
  batch.add(values(1, { on: true }, 2));
  const read = readBatch(batch.text());
  expect(read.map(({ kind }) => kind)).toEqual(['said', 'event', 'said', 'said']);
});

test('a message that repeats an earlier one stays apart from it', () => {
  const read = readBatch(batchOf(values(2, { on: true }), values(2, { on: false })).text());
  expect(read).toHaveLength(2);
});

test('a thousand values of one property are about as long as one', () => {
  const many = Array.from({ length: 1_000 }, (_, n) => values(n, { level: 'x'.repeat(1_000) }));
  const batch = batchOf(...many);
  expect(batch.bytes).toBeLessThan(1_000 * 10);
});

test('an entry is stored as it was when it was added', () => {
  const level = { at: 1 };
  const batch = batchOf(values(1, { level }));
  level.at = 2;
  expect(batch.text()).toContain(String.raw`"text":"{\"at\":1}"`);
});

test('values of which one has no name that can be stored are refused as a whole', () => {
  const batch = batchOf(values(1, { on: true }));
  expect(() => batch.add(values(2, { level: 2, '\ud800': 3 }))).toThrow('no well-formed text');
  expect(readBatch(batch.text())).toEqual(readBatch(batchOf(values(1, { on: true })).text()));
});

test('the names of properties are any that JSON has', () => {
  const odd = JSON.parse('{"__proto__":1,"constructor":2,"":3}');
  const [entry] = readBatch(batchOf(values(1, odd)).text());
  expect(entry).toMatchObject({
    said: [{ name: '__proto__' }, { name: 'constructor' }, { name: '' }],
  });
});

test('its length in bytes is known before its text is made, and is never much less', async () => {
  await fc.assert(
    fc.property(fc.array(journalEntry, { maxLength: 30 }), (entries) => {
      const batch = batchOf(...entries);
      const bytes = Buffer.byteLength(batch.text());
      expect(batch.bytes * 2 + 100).toBeGreaterThanOrEqual(bytes);
    }),
  );
});
