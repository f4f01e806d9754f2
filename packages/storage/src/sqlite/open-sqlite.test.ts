import { journalConformance, storeConformance } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { scratchDirectory } from '../testing/scratch.ts';
import { openSqlite } from './open-sqlite.ts';

storeConformance('SQLite', async () => {
  const scratch = await scratchDirectory();
  return {
    async open() {
      const { store, journal } = await openSqlite({
        directory: scratch.path,
        ballastBytes: 2 ** 18,
      });
      await journal[Symbol.asyncDispose]();
      return store;
    },
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
});

journalConformance('SQLite', async () => {
  const scratch = await scratchDirectory();
  return {
    async open() {
      const { store, journal } = await openSqlite({
        directory: scratch.path,
        ballastBytes: 2 ** 18,
      });
      await store[Symbol.asyncDispose]();
      return journal;
    },
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
});

test('a directory that is in use is refused, and free again once that is closed', async () => {
  await using scratch = await scratchDirectory();
  const options = { directory: scratch.path, ballastBytes: 2 ** 18 };
  {
    await using storage = await openSqlite(options);
    expect(storage.journal.status.state).toBe('writing');
    await expect(openSqlite(options)).rejects.toMatchObject({
      name: 'conflict',
      detail: expect.stringContaining('in use'),
    });
  }
  await using storage = await openSqlite(options);
  expect(storage.journal.status.state).toBe('writing');
});
