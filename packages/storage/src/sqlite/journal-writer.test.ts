import { DatabaseSync } from 'node:sqlite';
import { type Journal, type JournalEntry, ThingId } from '@thingtalk/core';
import { JournalModel, journalEntry, modelThings, readBack } from '@thingtalk/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Batch } from '../journal/batch.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { migrate } from '../schema/migrate.ts';
import { sqliteDialect } from '../schema/migrations.ts';
import { JournalWriter } from './journal-writer.ts';
import { kyselyOver } from './kysely-over.ts';

async function inMemory(eventsKept = 1_000) {
  const db = new DatabaseSync(':memory:');
  await migrate(kyselyOver(db), sqliteDialect, 'memory');
  const reader = new JournalReader(kyselyOver(db), (table) => {
    throw new Error(`a row of ${table} fails its check`);
  });
  const recover = async function* () {
    yield* (await reader.page('')).things;
  };
  return {
    db,
    writer: new JournalWriter(db, eventsKept),
    reader: { ...journalOf(reader), recover },
  };
}

const journalOf = (reader: JournalReader) =>
  ({
    status: { state: 'writing' },
    append: () => Promise.reject(new Error('read only')),
    hurry: () => {},
    events: (thing: ThingId, wanted: { readonly limit: number }) => reader.events(thing, wanted),
    [Symbol.asyncDispose]: async () => {},
  }) satisfies Omit<Journal, 'recover'>;

function batchOf(entries: readonly JournalEntry[]): string {
  const batch = new Batch();
  for (const entry of entries) batch.add(entry);
  return batch.text();
}

test('however entries fall into batches, the tables hold what Maps would hold', async () => {
  const batches = fc.array(fc.array(journalEntry, { maxLength: 15 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(batches, async (parts) => {
      const { db, writer, reader } = await inMemory();
      const model = new JournalModel();
      for (const part of parts) {
        writer.commit(batchOf(part));
        for (const entry of part) model.append(entry);
      }
      expect(await readBack(reader, modelThings)).toEqual(model.contents());
      db.close();
    }),
    { numRuns: 200 },
  );
});

test('a Thing keeps its last events, also when one batch has more than it keeps', async () => {
  const { db, writer, reader } = await inMemory(10);
  const thing = ThingId('urn:dev:lamp');
  const event = (n: number): JournalEntry => ({
    ...{ kind: 'event', thing, stamp: undefined, time: n, name: 'overheated', data: n },
  });
  const kept = async () => (await reader.events(thing, { limit: 100 })).map(({ data }) => data);
  writer.commit(batchOf([1, 2, 3].map(event)));
  expect(await kept()).toEqual([1, 2, 3]);
  writer.commit(batchOf(Array.from({ length: 30 }, (_, n) => event(n))));
  expect(await kept()).toEqual(Array.from({ length: 10 }, (_, n) => n + 20));
  db.close();
});
