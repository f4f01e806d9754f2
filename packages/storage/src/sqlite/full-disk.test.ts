import { execFileSync } from 'node:child_process';
import { readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Journal, ThingId } from '@thingtalk/core';
import { FakeClock } from '@thingtalk/core/testing';
import { describe, expect, test } from 'vitest';
import { migrate } from '../schema/migrate.ts';
import { migrations, sqliteDialect } from '../schema/migrations.ts';
import { withCheck } from '../schema/tables.ts';
import { scratchDirectory } from '../testing/scratch.ts';
import { kyselyOver } from './kysely-over.ts';
import { openSqlite } from './open-sqlite.ts';
import { openSqliteFile } from './sqlite-file.ts';

/** A disk of 6 MB; disposing of it takes it away. */
async function smallDisk(): Promise<AsyncDisposable & { readonly path: string }> {
  const scratch = await scratchDirectory();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', scratch.path]);
  return {
    path: scratch.path,
    async [Symbol.asyncDispose]() {
      execFileSync('umount', [scratch.path]);
      await scratch[Symbol.asyncDispose]();
    },
  };
}

/** Whether this process may mount; with CI=true it must, and the tests say so by failing. */
function mayMount(): boolean {
  return process.env.CI === 'true' || process.getuid?.() === 0;
}

const lamp = ThingId('urn:dev:lamp');
const event = (n: number) => ({
  kind: 'event' as const,
  thing: lamp,
  stamp: { e: 1, s: n },
  time: n,
  name: 'counted',
  data: 'x'.repeat(2_000),
});

/** Appends until the disk is full. Resolves with how many were acknowledged. */
async function appendUntilFull(journal: Journal): Promise<number> {
  for (let n = 1; ; n++) {
    try {
      await journal.append(event(n));
    } catch (error) {
      expect(error).toMatchObject({ name: 'storage-full', status: 507 });
      return n - 1;
    }
  }
}

/** Takes the rest of the disk, to the last page. */
async function takeTheRest(directory: string): Promise<void> {
  for (let bytes = 2 ** 22; bytes >= 2 ** 12; ) {
    const path = join(directory, `filler-${crypto.randomUUID()}`);
    try {
      await writeFile(path, Buffer.alloc(bytes));
    } catch {
      await rm(path, { force: true });
      bytes /= 2;
    }
  }
}

const stored = async (journal: Journal) => (await journal.events(lamp, { limit: 10_000 })).length;

/** Turns the clock until the journal has found out that there is space, or will not. */
async function waitForSpace(clock: FakeClock, journal: Journal): Promise<void> {
  for (let tries = 0; tries < 5 && journal.status.state === 'full'; tries++) {
    await clock.advance(2_000);
    // Calls are answered in order: after this one the attempt to make room has ended.
    await stored(journal);
  }
}

/** Takes of the disk what leaves so many bytes free. */
async function leave(bytes: number, directory: string): Promise<string> {
  const { bavail, bsize } = await statfs(directory);
  const path = join(directory, `filler-${crypto.randomUUID()}`);
  await writeFile(path, Buffer.alloc(bavail * bsize - bytes));
  return path;
}

describe.skipIf(!mayMount())('on a full disk', () => {
  test('space for the ballast alone is none', async () => {
    await using disk = await smallDisk();
    const clock = new FakeClock();
    const ballastBytes = 512 * 1024;
    await using storage = await openSqlite({ directory: disk.path, clock, ballastBytes });
    const { journal } = storage;
    await appendUntilFull(journal);
    const filler = await leave(ballastBytes + 8192, disk.path);
    await waitForSpace(clock, journal);
    expect(journal.status.state).toBe('full');
    await rm(filler);
    await waitForSpace(clock, journal);
    expect(journal.status.state).toBe('writing');
  });

  test('writes are refused, reads go on, and when there is space it writes again', async () => {
    await using disk = await smallDisk();
    const filler = join(disk.path, 'filler');
    await writeFile(filler, Buffer.alloc(2_000_000));
    const clock = new FakeClock();
    await using storage = await openSqlite({ directory: disk.path, clock, ballastBytes: 500_000 });
    const { journal, store } = storage;
    await store.put('tds', 'lamp', { title: 'Lamp' }, { author: 'me' });

    const acknowledged = await appendUntilFull(journal);
    expect(journal.status).toEqual({ state: 'full', since: clock.now() });
    const refused = { name: 'storage-full' };
    await expect(journal.append(event(acknowledged + 2))).rejects.toMatchObject(refused);
    await expect(store.put('tds', 'b', 1, { author: 'me' })).rejects.toMatchObject(refused);
    await takeTheRest(disk.path);
    expect(await stored(journal)).toBe(acknowledged);
    expect((await store.get('tds', 'lamp'))?.value).toEqual({ title: 'Lamp' });
    await waitForSpace(clock, journal);
    expect(journal.status.state).toBe('full');

    await rm(filler);
    await waitForSpace(clock, journal);
    expect(journal.status).toEqual({ state: 'writing' });
    await journal.append(event(acknowledged + 3));
    await store.put('tds', 'b', 1, { author: 'me' });
    expect(await stored(journal)).toBe(acknowledged + 1);
  });

  test('a Thing can be forgotten, and what that frees is used', async () => {
    await using disk = await smallDisk();
    const clock = new FakeClock();
    await using storage = await openSqlite({ directory: disk.path, clock, ballastBytes: 500_000 });
    const { journal } = storage;
    await appendUntilFull(journal);
    await journal.append({ kind: 'forgotten', thing: lamp, time: 1 });
    await waitForSpace(clock, journal);
    expect(journal.status).toEqual({ state: 'writing' });
    await journal.append(event(1));
    expect(await stored(journal)).toBe(1);
  });

  test('what was acknowledged is there after opening again, still full', async () => {
    await using disk = await smallDisk();
    const clock = new FakeClock();
    let acknowledged = 0;
    {
      await using storage = await openSqlite({
        directory: disk.path,
        clock,
        ballastBytes: 500_000,
      });
      acknowledged = await appendUntilFull(storage.journal);
    }
    await takeTheRest(disk.path);
    await using storage = await openSqlite({ directory: disk.path, clock, ballastBytes: 500_000 });
    expect(await stored(storage.journal)).toBe(acknowledged);
  });

  test('a database of an older schema stays as it is, and is brought forward once there is space', async () => {
    await using disk = await smallDisk();
    await fillOldDatabase(disk.path, 500);
    await takeTheRest(disk.path);
    const options = { directory: disk.path, ballastBytes: 100_000 };
    await expect(openSqlite(options)).rejects.toMatchObject({ name: 'storage-full' });
    const fillers = (await readdir(disk.path)).filter((name) => name.startsWith('filler'));
    for (const filler of fillers) await rm(join(disk.path, filler));
    await using storage = await openSqlite(options);
    expect(await storage.store.list('tds')).toHaveLength(500);
    expect(await readdir(disk.path)).not.toContainEqual(expect.stringContaining('damaged'));
  });
});

/** A database as the first schema had it. */
async function fillOldDatabase(directory: string, count: number): Promise<void> {
  using db = openSqliteFile(join(directory, 'thingtalk.db'));
  const [[name, first] = expect.fail('there is no first step')] = Object.entries(
    migrations(sqliteDialect),
  );
  await migrate(kyselyOver(db), sqliteDialect, directory, { [name]: first });
  const insert = db.prepare('insert into documents values (?, ?, ?, ?, ?, ?, ?)');
  db.exec('begin');
  for (let n = 0; n < count; n++) {
    const value = JSON.stringify('x'.repeat(1_500));
    const row = { collection: 'tds', key: `k${n}`, version: 1, author: 'me', time: n, value };
    insert.run(...Object.values(row), withCheck('documents', { ...row, place: n }).crc);
  }
  db.exec('commit');
}
