import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { kyselyOver } from '../sqlite/kysely-over.ts';
import { migrate } from './migrate.ts';
import { migrations, sqliteDialect } from './migrations.ts';
import { columnsOf } from './statements.ts';
import { layouts, type TableName } from './tables.ts';

const ours = migrations(sqliteDialect);
const later = { ...ours, '9999-what-is-to-come': { up: async () => {} } };

test('an empty database gets every table with the columns that the layouts say', async () => {
  using db = new DatabaseSync(':memory:');
  await migrate(kyselyOver(db), sqliteDialect, 'here');
  for (const table of Object.keys(layouts) as TableName[]) {
    const columns = db.prepare(`pragma table_info(${table})`).all();
    expect(columns.map(({ name }) => name)).toEqual(columnsOf(table));
  }
});

test('migrating again changes nothing, and later steps are added', async () => {
  using db = new DatabaseSync(':memory:');
  const steps = () => db.prepare('select name from kysely_migration').all();
  await migrate(kyselyOver(db), sqliteDialect, 'here');
  await migrate(kyselyOver(db), sqliteDialect, 'here');
  expect(steps()).toHaveLength(Object.keys(ours).length);
  await migrate(kyselyOver(db), sqliteDialect, 'here', later);
  expect(steps()).toHaveLength(Object.keys(later).length);
});

test('a database that a newer program wrote is refused by a sentence with both versions', async () => {
  using db = new DatabaseSync(':memory:');
  await migrate(kyselyOver(db), sqliteDialect, 'here', later);
  await expect(migrate(kyselyOver(db), sqliteDialect, '/var/thingtalk.db')).rejects.toMatchObject({
    name: 'conflict',
    detail: expect.stringMatching(
      /^\/var\/thingtalk\.db was written by a newer thingtalk: its schema is '9999-what-is-to-come', and this program knows up to '0003-/,
    ),
  });
});

test('documents that were kept before are what they were, and lie as they came', async () => {
  using db = new DatabaseSync(':memory:');
  const steps = Object.entries(ours).slice(0, 2);
  await migrate(kyselyOver(db), sqliteDialect, 'here', Object.fromEntries(steps));
  const insert = db.prepare('insert into documents values (?, ?, ?, ?, ?, ?, ?, ?)');
  const long = 'x'.repeat(5_000);
  const rows = [
    ['tds', 'z', 1, 'me', 0.5, long, 7, 1],
    ['tds', 'a', 1, 'me', 2, 'null', 7, 2],
    ['tds', 'a', 2, 'me', 3, null, 7, 3],
  ] as const;
  for (const row of rows.toReversed()) insert.run(...row);
  await migrate(kyselyOver(db), sqliteDialect, 'here');
  const kept = db.prepare('select * from documents order by rowid').all();
  expect(kept.map((row) => Object.values(row))).toEqual(rows);
  expect(() => insert.run('tds', 'a', 2, 'me', 4, null, 7, 4)).toThrow(/unique/i);
  expect(() => insert.run('tds', 'a', 3, 'me', 4, null, 7, 3)).toThrow(/unique/i);
});
