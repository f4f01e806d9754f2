import { journalConformance, storeConformance } from '@thingtalk/core/testing';
import { scratchDirectory } from '../testing/scratch.ts';
import { openSqlite } from './open-sqlite.ts';

storeConformance('SQLite', async () => {
  const scratch = await scratchDirectory();
  return {
    async open() {
      const { store, journal } = await openSqlite({ directory: scratch.path, ballastBytes: 4_096 });
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
      const { store, journal } = await openSqlite({ directory: scratch.path, ballastBytes: 4_096 });
      await store[Symbol.asyncDispose]();
      return journal;
    },
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
});
