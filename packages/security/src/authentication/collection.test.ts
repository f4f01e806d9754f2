import { MemoryDocuments, MemoryStore } from '@thingtalk/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Collection } from './collection.ts';

interface Note {
  readonly text: string;
}

async function opened(documents = new MemoryDocuments()) {
  const store = new MemoryStore(documents);
  return { store, notes: await Collection.open<Note>(store, 'notes') };
}

test('what was written is there at once, and is stored', async () => {
  const { store, notes } = await opened();
  await notes.put('a', { text: 'one' }, 'ann');
  expect(notes.get('a')).toEqual({ text: 'one' });
  expect(await store.get('notes', 'a')).toMatchObject({ value: { text: 'one' }, author: 'ann' });
  await notes.delete('a', 'ann');
  expect(notes.get('a')).toBeUndefined();
});

test('a document that must be new, or unchanged, and is not, stays as it is', async () => {
  const { store, notes } = await opened();
  await notes.put('a', { text: 'one' }, 'ann', 'be-new');
  await expect(notes.put('a', { text: 'two' }, 'ann', 'be-new')).rejects.toMatchObject({
    name: 'precondition-failed',
  });
  const writes = ['three', 'four'].map((text) => notes.put('a', { text }, 'ann', 'be-unchanged'));
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
        if (text !== undefined) await notes.put(key, { text }, 'x');
        else await notes.delete(key, 'x').catch(() => {});
      }
      await new Promise(setImmediate);
      const stored = (await one.store.list('notes')).map(({ key, value }) => [key, value]);
      for (const { notes } of [one, other]) {
        expect([...notes.entries()].sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(stored);
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
  await one.notes.put('a', { text: 'one' }, 'x');
  await one.notes.put('a', { text: 'two' }, 'x');
  await one.notes.delete('a', 'x');
  await done;
  expect(told).toEqual([
    ['a', 'one', undefined],
    ['a', 'two', 'one'],
    ['a', undefined, 'two'],
  ]);
});
