import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { systemClock, ThingId } from '@thingtalk/core';
import { testProgram } from '@thingtalk/core/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPostgres } from './postgres/open-postgres.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';
import { appendAndDie, appendCommand, storedNumbers } from './testing/appender.ts';
import { type Postgres, startPostgres } from './testing/postgres.ts';
import { scratchDirectory } from './testing/scratch.ts';

/** How often a process is killed; `THINGTALK_TEST_KILLS=100` for the long run. */
const kills = Number(process.env.THINGTALK_TEST_KILLS ?? 10);
const seed = 20_261_124;

/** Kills the program at random moments, each time letting it send the last hundred messages again. */
async function killAgainAndAgain(place: string): Promise<ReadonlySet<number>> {
  const acknowledged = new Set<number>();
  for (const count of fc.sample(fc.integer({ min: 1, max: 500 }), { seed, numRuns: kills })) {
    const first = Math.max(1, Math.max(0, ...acknowledged) - 100);
    for (const n of await appendAndDie(place, first, count)) acknowledged.add(n);
  }
  return acknowledged;
}

function expectAllOnce(stored: readonly number[], acknowledged: ReadonlySet<number>): void {
  expect(new Set(stored).size).toBe(stored.length);
  expect([...acknowledged].filter((n) => !new Set(stored).has(n))).toEqual([]);
  expect(acknowledged.size).toBeGreaterThan(kills);
}

describe('a process that is killed while it appends', () => {
  test('has lost nothing that SQLite acknowledged, and stored nothing twice', async () => {
    await using scratch = await scratchDirectory();
    const acknowledged = await killAgainAndAgain(scratch.path);
    await using storage = await openSqlite({ directory: scratch.path });
    expectAllOnce(await storedNumbers(storage.journal), acknowledged);
  }, 600_000);
});

describe('PostgreSQL', () => {
  const servers: Postgres[] = [];
  const server = () => servers[0] ?? expect.fail('the server did not start');
  beforeAll(async () => {
    servers.push(await startPostgres());
  }, 60_000);
  afterAll(async () => {
    await servers[0]?.[Symbol.asyncDispose]();
  }, 60_000);

  test('has lost nothing that a killed process was acknowledged, and stored nothing twice', async () => {
    const url = await server().createDatabase();
    const acknowledged = await killAgainAndAgain(url);
    await using storage = await openPostgres({ url });
    expectAllOnce(await storedNumbers(storage.journal), acknowledged);
  }, 600_000);

  test('may be killed itself: what was appended waits, and is stored once', async () => {
    const url = await server().createDatabase();
    await using storage = await openPostgres({ url, patienceMs: 60_000 });
    const { journal } = storage;
    const thing = ThingId('urn:dev:0');
    // Without stamps: here the journal alone can know what it has stored.
    const append = (n: number) =>
      journal.append({ kind: 'event', thing, stamp: undefined, time: n, name: 'counted', data: n });
    for (let round = 0; round < 3; round++) {
      const appended = Array.from({ length: 200 }, (_, n) => append(round * 200 + n));
      await appended[
        fc.sample(fc.integer({ min: 0, max: 20 }), { seed: seed + round, numRuns: 1 })[0] ?? 0
      ];
      await server().kill9();
      await server().start();
      await Promise.all(appended);
    }
    expect(await storedNumbers(journal)).toEqual(Array.from({ length: 600 }, (_, n) => n));
    await until(() => journal.status.state === 'writing');
  }, 120_000);

  test('that stays away is told of: appends and puts are refused, until it is back', async () => {
    const url = await server().createDatabase();
    await using storage = await openPostgres({ url, patienceMs: 200 });
    const { journal, store } = storage;
    const refused = { name: 'storage-unreachable' };
    const append = () =>
      journal.append({
        kind: 'values',
        thing: ThingId('urn:dev:0'),
        stamp: undefined,
        time: 1,
        values: { on: true },
      });
    await append();
    await server().kill9();
    await expect(append()).rejects.toMatchObject(refused);
    await expect(store.put('a', 'b', 1, { author: 'me' })).rejects.toMatchObject(refused);
    expect(journal.status.state).toBe('unreachable');
    await server().start();
    await until(() => journal.status.state === 'writing');
    await append();
    await store.put('a', 'b', 1, { author: 'me' });
  }, 120_000);

  test('that was never there is named in the problem', async () => {
    const url = 'postgres://nobody@127.0.0.1:1/none';
    await expect(openPostgres({ url })).rejects.toMatchObject({
      name: 'storage-unreachable',
      detail: expect.stringContaining('127.0.0.1:1'),
    });
  });
});

/** Resolves when it is so, looking again and again; the test's own limit ends it. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise<void>((resolve) => systemClock.after(20, resolve));
}

const strace = testProgram('THINGTALK_TEST_STRACE');

describe.skipIf(strace === undefined)('the order of system calls', () => {
  test('no append is acknowledged before the fsync that followed its write', async () => {
    await using scratch = await scratchDirectory();
    const traced = ['-f', '-qq', '-e', 'trace=fsync,fdatasync,pwrite64,write', '-s', '24'];
    const child = spawn(String(strace), [...traced, ...appendCommand(scratch.path, 1, 1)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.resume();
    const calls: ('write' | 'sync' | 'ack')[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      if (/pwrite64\(/.test(line)) calls.push('write');
      if (/(fsync|fdatasync)(\(\d+| resumed>)\) += 0/.test(line)) calls.push('sync');
      if (/write\(1, "ack/.test(line) && calls.push('ack') && countOf(calls, 'ack') === 100) {
        child.kill('SIGKILL');
        break;
      }
    }
    await once(child, 'exit');
    const sinceLastAck = calls.join(' ').split('ack');
    expect(sinceLastAck.slice(0, 100).filter((part) => !/write.*sync/.test(part))).toEqual([]);
  }, 60_000);
});

const countOf = (calls: readonly string[], name: string) =>
  calls.filter((one) => one === name).length;
