import type { JsonValue } from '@thingtalk/core';
import { MemoryDocuments, MemoryStore } from '@thingtalk/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeldDocuments } from './held-documents.ts';

interface Note {
  readonly text: string;
}

async function opened(documents = new MemoryDocuments()) {
  const store = new MemoryStore(documents);
  return { store, notes: await HeldDocuments.open<Note>(store, 'notes') };
}

test('what was written is there at once, and is stored', async () => {
  const { store, notes } = await opened();
  await notes.put('a', { text: 'one' }, { author: 'ann' });
  expect(notes.get('a')).toEqual({ text: 'one' });
  expect(await store.get('notes', 'a')).toMatchObject({ value: { text: 'one' }, author: 'ann' });
  await notes.delete('a', { author: 'ann' });
  expect(notes.get('a')).toBeUndefined();
});

test('a document that must be new, or unchanged, and is not, stays as it is', async () => {
  const { store, notes } = await opened();
  await notes.put('a', { text: 'one' }, { author: 'ann', ifVersion: 0 });
  await expect(
    notes.put('a', { text: 'two' }, { author: 'ann', ifVersion: 0 }),
  ).rejects.toMatchObject({
    name: 'precondition-failed',
  });
  const writes = ['three', 'four'].map((text) =>
    notes.put('a', { text }, { author: 'ann', ifVersion: 'held' }),
  );
  const results = await Promise.allSettled(writes);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect((await store.get('notes', 'a'))?.value).toEqual({ text: 'three' });
});

test('whatever two gateways write to one database, both come to hold what is stored', async () => {
  const write = fc.record({
    here: fc.boolean(),
    key: fc.constantFrom('a', 'b', 'c'),
    text: fc.option(fc.string(), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 20 }), async (writes) => {
      const documents = new MemoryDocuments();
      const [one, other] = [await opened(documents), await opened(documents)];
      for (const { here, key, text } of writes) {
        const { notes } = here ? one : other;
        if (text !== undefined) await notes.put(key, { text }, { author: 'x' });
        else await notes.delete(key, { author: 'x' }).catch(() => {});
      }
      await new Promise(setImmediate);
      const stored = (await one.store.list('notes')).map(({ key, value }) => [key, value]);
      for (const { notes } of [one, other]) {
        expect(notes.list().map(({ id, value }) => [id, value])).toEqual(stored);
        notes[Symbol.dispose]();
      }
    }),
    { numRuns: 50 },
  );
});

test('each change is told once, with what was there before', async () => {
  const documents = new MemoryDocuments();
  const [one, other] = [await opened(documents), await opened(documents)];
  const told: unknown[] = [];
  const done = new Promise<void>((resolve) => {
    other.notes.onChange((key, now, before) => {
      told.push([key, now?.text, before?.text]);
      if (now === undefined) resolve();
    });
  });
  await one.notes.put('a', { text: 'one' }, { author: 'x' });
  await one.notes.put('a', { text: 'two' }, { author: 'x' });
  await one.notes.delete('a', { author: 'x' });
  await done;
  expect(told).toEqual([
    ['a', 'one', undefined],
    ['a', 'two', 'one'],
    ['a', undefined, 'two'],
  ]);
});

test('who wrote a document, and when, is held with it', async () => {
  const documents = new MemoryDocuments();
  const [one, other] = [await opened(documents), await opened(documents)];
  const stored = await one.notes.put('b', { text: 'two' }, { author: 'bob' });
  const first = await one.notes.put('a', { text: 'one' }, { author: 'ann' });
  await new Promise(setImmediate);
  expect(stored).toMatchObject({ id: 'b', value: { text: 'two' }, version: 1, author: 'bob' });
  for (const { notes } of [one, other]) {
    expect(notes.list()).toEqual([first, stored]);
    expect(notes.stored('b')).toEqual(stored);
  }
});

test('what was deleted since is not written again as the one that is held', async () => {
  const { store, notes } = await opened();
  await notes.put('a', { text: 'one' }, { author: 'ann' });
  await notes.delete('a', { author: 'ann' });
  await expect(
    notes.put('a', { text: 'two' }, { author: 'ann', ifVersion: 'held' }),
  ).rejects.toMatchObject({ name: 'precondition-failed' });
  expect(await store.get('notes', 'a')).toBeUndefined();
});

test('what cannot be read is told; the one before holds, and what comes after it is followed', async () => {
  const store = new MemoryStore();
  const failures: unknown[] = [];
  const read = (value: JsonValue): Note => {
    const { text } = value as unknown as Note;
    if (text === 'bad') throw new Error('a bad one');
    return { text };
  };
  const failed = (error: unknown) => void failures.push(error);
  using notes = await HeldDocuments.open(store, 'notes', { read, failed });
  for (const [key, text] of ['a:one', 'a:bad', 'b:two'].map((each) => each.split(':'))) {
    await store.put('notes', String(key), { text: String(text) }, { author: 'x' });
  }
  await new Promise(setImmediate);
  expect(notes.list().map(({ id, value }) => [id, value.text])).toEqual([
    ['a', 'one'],
    ['b', 'two'],
  ]);
  expect(failures).toEqual([new Error('a bad one')]);
  await expect(HeldDocuments.open(store, 'notes', { read })).rejects.toThrow('a bad one');
});
