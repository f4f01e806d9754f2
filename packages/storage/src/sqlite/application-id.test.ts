import { copyFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { scratchDirectory } from '../testing/scratch.ts';
import { openSqlite } from './open-sqlite.ts';

const ballastBytes = 2 ** 18;

function run(path: string, sql: string) {
  const db = new DatabaseSync(path);
  db.exec(sql);
  const id = db.prepare('pragma application_id').get()?.application_id;
  db.close();
  return id;
}

test.each([
  ['delete', 'as it is'],
  ['wal', 'though it keeps a log'],
])(
  "another program's database (journal mode %s) is refused and left untouched, %s",
  async (mode) => {
    await using scratch = await scratchDirectory();
    const path = join(scratch.path, 'thingtalk.db');
    run(path, `pragma journal_mode = ${mode}; create table songs (title text)`);
    const before = await readFile(path);
    await expect(openSqlite({ directory: scratch.path, ballastBytes })).rejects.toMatchObject({
      name: 'conflict',
      detail: expect.stringContaining(`${path} is the database of another program`),
    });
    expect(await readFile(path)).toEqual(before);
    await expect(stat(`${path}-wal`)).rejects.toMatchObject({ code: 'ENOENT' });
  },
);

test("another program's tables that are only in its log are seen, and ours do not come to them", async () => {
  await using scratch = await scratchDirectory();
  const path = join(scratch.path, 'thingtalk.db');
  const source = join(scratch.path, 'songs.db');
  const songs = new DatabaseSync(source);
  songs.exec('pragma journal_mode = wal; create table songs (title text)');
  for (const end of ['', '-wal']) await copyFile(source + end, path + end);
  songs.close();
  await expect(openSqlite({ directory: scratch.path, ballastBytes })).rejects.toMatchObject({
    name: 'conflict',
  });
  const left = new DatabaseSync(path);
  expect(left.prepare('select name from sqlite_schema').all()).toEqual([{ name: 'songs' }]);
  left.close();
});

test('a database of ours says so, and one from before is taken and says so from then on', async () => {
  await using scratch = await scratchDirectory();
  const path = join(scratch.path, 'thingtalk.db');
  const open = async () => {
    await using storage = await openSqlite({ directory: scratch.path, ballastBytes });
    expect(storage.journal.status.state).toBe('writing');
  };
  await open();
  expect(run(path, 'pragma application_id = 0')).toBe(0);
  await open();
  expect(run(path, '')).toBe(0x54686e67);
});
