import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { migrate } from '../schema/migrate.ts';
import { sqliteDialect } from '../schema/migrations.ts';
import { kyselyOver } from '../sqlite/kysely-over.ts';
import { Documents } from './documents.ts';

test('a document keeps its newest versions, of which its deletion is one, and counts on', async () => {
  using db = new DatabaseSync(':memory:');
  await migrate(kyselyOver(db), sqliteDialect, 'memory');
  const report = () => expect.fail('a row fails its check');
  const documents = new Documents(kyselyOver(db), { report, versionsKept: 3 });
  const write = (key: string, value: string | null) =>
    documents.write({ collection: 'tds', key, value, author: 'me', time: 1 });
  await write('other', '0');
  for (const value of ['1', '2', '3', null, '5']) await write('lamp', value);
  const kept = (await documents.versions('tds', 'lamp')).map((row) => [row.version, row.value]);
  expect(kept).toEqual([
    [3, '3'],
    [4, null],
    [5, '5'],
  ]);
  expect(await documents.versions('tds', 'other')).toHaveLength(1);
  expect(await write('lamp', '6')).toMatchObject({ version: 6, place: 7 });
  const changes = await documents.changes({ collections: ['tds'], after: 0, limit: 9 });
  expect(changes.map((row) => [row.key, row.version, row.before, row.beforeVersion])).toEqual([
    ['other', 1, null, null],
    ['lamp', 4, null, null],
    ['lamp', 5, null, 4],
    ['lamp', 6, '5', 5],
  ]);
});
