import { journalConformance, storeConformance } from '@thingtalk/core/testing';
import { afterAll, beforeAll } from 'vitest';
import { type Postgres, startPostgres } from '../testing/postgres.ts';
import { openPostgres } from './open-postgres.ts';

const servers: Postgres[] = [];
beforeAll(async () => {
  servers.push(await startPostgres());
}, 60_000);
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]();
});

async function place() {
  const [server] = servers;
  if (server === undefined) throw new Error('the server did not start');
  const url = await server.createDatabase();
  return { open: () => openPostgres({ url }), [Symbol.asyncDispose]: async () => {} };
}

storeConformance('PostgreSQL', async () => {
  const { open, ...rest } = await place();
  return {
    ...rest,
    async open() {
      const { store, journal } = await open();
      await journal[Symbol.asyncDispose]();
      return store;
    },
  };
});

journalConformance('PostgreSQL', async () => {
  const { open, ...rest } = await place();
  return {
    ...rest,
    async open() {
      const { store, journal } = await open();
      await store[Symbol.asyncDispose]();
      return journal;
    },
  };
});
