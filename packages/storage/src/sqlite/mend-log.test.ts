import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '@thingtalk/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scratchDirectory } from '../testing/scratch.ts';
import { inspectLog, mendLog } from './mend-log.ts';
import { openSqliteFile } from './sqlite-file.ts';

const frameBytes = 24 + 4_096;
const headerBytes = 32;
const seed = 20_261_124;

/** Commits `again` times, each time over the log of the time before; the log as a kill at that moment would leave it. */
async function logOf(commits: readonly number[]): Promise<Buffer> {
  await using scratch = await scratchDirectory();
  const path = join(scratch.path, 'a.db');
  const db = openSqliteFile(path);
  db.exec('create table t (n integer primary key, text text)');
  const insert = db.prepare('insert into t values (?, ?)');
  for (const count of commits) {
    db.exec('pragma wal_checkpoint(restart)');
    // Two pages and more each, so that most transactions have several frames.
    for (let n = 0; n < count; n++) insert.run(null, `${n} `.repeat(2_000));
  }
  const log = readFileSync(`${path}-wal`);
  db.close();
  return log;
}

/** How many bytes of a log are its own, and not what an older one left. */
function liveBytes(log: Buffer): number {
  const salts = log.subarray(16, 24);
  let end = headerBytes;
  while (log.subarray(end + 8, end + 16).equals(salts)) end += frameBytes;
  return end;
}

/** Where the frames of the last transaction begin: behind the commit before it. */
function startOfLastTransaction(log: Buffer): number {
  let start = liveBytes(log) - frameBytes;
  while (log.readUInt32BE(start - frameBytes + 4) === 0) start -= frameBytes;
  return start;
}

function flipped(bytes: Buffer, offset: number, mask: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[offset] = (copy[offset] ?? 0) ^ mask;
  return copy;
}

describe('a log that a killed process left', () => {
  test('is sound, also where an older and longer one shows behind it', async () => {
    for (const commits of [[30], [30, 10], [5, 3, 1]]) {
      expect(inspectLog(await logOf(commits))).toEqual({ kind: 'sound' });
    }
  });

  test('never ends at a byte that was flipped, and in half of the places is mended to the last bit', async () => {
    const log = await logOf([30, 10]);
    const live = liveBytes(log);
    expect(live).toBeLessThan(log.length);
    const last = startOfLastTransaction(log);
    const inHeaders = [0, 1, 2, 3].flatMap((n) =>
      Array.from({ length: 24 }, (_, byte) => headerBytes + n * frameBytes + byte),
    );
    const offsets = [...Array(headerBytes).keys(), ...inHeaders];
    const anywhere = fc.sample(fc.integer({ min: 0, max: live - 1 }), { seed, numRuns: 300 });
    for (const offset of [...offsets, ...anywhere]) {
      const found = inspectLog(flipped(log, offset, 1 << (offset % 8)));
      // Of the last transaction only what is certain is mended: it may never have been whole.
      if (found.kind === 'cut' && offset >= last && offset % 4 > 1) continue;
      if (found.kind !== 'damaged') return expect.fail(`offset ${offset}: ${found.kind}`);
      expect(found.mended + found.broken, `offset ${offset}`).toBe(1);
      expect(inspectLog(found.bytes)).toEqual({ kind: 'sound' });
      expect(liveBytes(found.bytes), `offset ${offset}`).toBe(live);
      // In the high bytes of a word several words could be the wrong one; of the number of checkpoints nobody asks.
      const isCertain = offset % 4 < 2 && (offset < 12 || offset > 15);
      if (isCertain) expect(found.bytes.equals(log), `offset ${offset}`).toBe(true);
    }
  });

  test('of whose last transaction a part is missing is never guessed at', async () => {
    const log = await logOf([30, 10]);
    const last = startOfLastTransaction(log);
    // Which word is wrong can be told from a low bit, and not from a high one.
    const low = inspectLog(flipped(log, last + 500, 1));
    expect(low).toMatchObject({ kind: 'damaged', mended: 1, mayBeCut: true });
    expect(inspectLog(flipped(log, last + 503, 0x80)).kind).toBe('cut');
    for (const offset of [headerBytes + 500, headerBytes + 503, last - 1]) {
      const found = inspectLog(flipped(log, offset, 0x80));
      expect(found, `offset ${offset}`).toMatchObject({ kind: 'damaged', mayBeCut: false });
    }
  });

  test('that was being begun anew when the power went is the old one, wherever the new header ends', async () => {
    const log = await logOf([30]);
    const next = await logOf([30, 1]);
    for (let end = 16; end < headerBytes; end++) {
      const torn = Buffer.concat([next.subarray(0, end), log.subarray(end)]);
      const found = inspectLog(torn);
      if (found.kind !== 'damaged') return expect.fail(`${end} bytes: ${found.kind}`);
      expect(found.mayBeCut, `${end} bytes`).toBe(true);
      expect(inspectLog(found.bytes)).toEqual({ kind: 'sound' });
      expect(liveBytes(found.bytes)).toBe(log.length);
    }
  });

  test('is said to be damaged when it is, and at a lower level when a power cut may have done it', async () => {
    const log = await logOf([30, 10]);
    const levelsFor = async (bytes: Buffer) => {
      await using scratch = await scratchDirectory();
      const path = join(scratch.path, 'a.db');
      writeFileSync(`${path}-wal`, bytes);
      const levels: string[] = [];
      const logger = {
        ...silentLogger,
        warn: () => levels.push('warn'),
        error: () => levels.push('error'),
      };
      mendLog(path, 0, logger);
      return levels;
    };
    expect(await levelsFor(log)).toEqual([]);
    expect(await levelsFor(flipped(log, headerBytes + 500, 1))).toEqual(['error']);
    expect(await levelsFor(flipped(log, liveBytes(log) - 100, 1))).toEqual(['warn']);
  });

  test('is as sound as it was when a byte behind its end is flipped', async () => {
    const log = await logOf([30, 10]);
    const behind = fc.integer({ min: liveBytes(log) + frameBytes, max: log.length - 1 });
    for (const offset of fc.sample(behind, { seed, numRuns: 50 })) {
      expect(inspectLog(flipped(log, offset, 4)), `offset ${offset}`).toEqual({ kind: 'sound' });
    }
  });

  test('whose last transaction is not whole ends with the one before, and nothing is guessed', async () => {
    const log = await logOf([30, 10]);
    const live = liveBytes(log);
    for (const missing of [1, 100, frameBytes - 24, frameBytes, frameBytes + 1]) {
      expect(inspectLog(log.subarray(0, live - missing)).kind).toBe('sound');
    }
    const halfWritten = Buffer.from(log);
    halfWritten.fill(0, live - 4_000, live);
    const frames = (live - headerBytes) / frameBytes - 1;
    expect(inspectLog(halfWritten)).toEqual({ kind: 'cut', frames });
  });

  test.each([
    ['sector of a page', headerBytes + 9 * frameBytes + 1_000, 512],
    ['sector with the beginning of a frame', headerBytes + 9 * frameBytes - 200, 512],
    ['whole frame', headerBytes + 9 * frameBytes, frameBytes],
    ['header', 0, headerBytes],
    ['header, and what comes after it', 0, 512],
  ])('whose %s is gone does not end there', async (_, from, bytes) => {
    const log = await logOf([30, 20]);
    const harmed = Buffer.from(log).fill(0xff, from, from + bytes);
    const found = inspectLog(harmed);
    if (found.kind !== 'damaged') return expect.fail(found.kind);
    expect(found.broken).toBeGreaterThan(0);
    // What goes on is a log without a fault, and as long as the one before.
    expect(inspectLog(found.bytes)).toEqual({ kind: 'sound' });
    expect(liveBytes(found.bytes)).toBe(liveBytes(log));
  });

  test('may be anything: nothing is made up, and nothing thrown', () => {
    const anything = fc.uint8Array({ maxLength: 3 * frameBytes });
    for (const bytes of fc.sample(anything, { seed, numRuns: 200 })) {
      expect(inspectLog(Buffer.from(bytes)).kind).not.toBe('damaged');
    }
  });
});
