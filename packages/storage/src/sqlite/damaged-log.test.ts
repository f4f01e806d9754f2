import { copyFile, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger, silentLogger, ThingId } from '@thingtalk/core';
import { expect, test } from 'vitest';
import { appendAndDie } from '../testing/appender.ts';
import { placesIn } from '../testing/flips.ts';
import { scratchDirectory } from '../testing/scratch.ts';
import { Engine } from './engine.ts';

/** One byte is flipped in each so many, one after the other; `npm run test:faults` says 100. */
const step = Number(process.env.THINGTALK_TEST_FLIPS ?? 40_000);

const files = ['thingtalk.db', 'thingtalk.db-wal'];

/** The numbers that are stored in a copy of a directory with some bytes of the log harmed, and what the log says of it. */
async function afterHarm(source: string, offset: number, bytes: Buffer) {
  await using scratch = await scratchDirectory();
  for (const name of files) await copyFile(join(source, name), join(scratch.path, name));
  {
    await using file = await open(join(scratch.path, 'thingtalk.db-wal'), 'r+');
    const before = Buffer.alloc(bytes.length);
    await file.read(before, 0, bytes.length, offset);
    await file.write(
      before.map((byte, n) => byte ^ (bytes[n] ?? 0)),
      0,
      bytes.length,
      offset,
    );
  }
  const told: object[] = [];
  const logger: Logger = {
    ...silentLogger,
    error: (fields) => told.push(fields),
    warn: (fields) => told.push(fields),
  };
  const engine = await Engine.open(
    {
      directory: scratch.path,
      eventsKept: 100_000,
      versionsKept: 100,
      ballastBytes: 2 ** 18,
      now: 0,
    },
    logger,
  );
  const numbers = new Set<unknown>();
  for (let n = 0; n < 4; n++) {
    const events = await engine.events(ThingId(`urn:dev:${n}`), { limit: 100_000 });
    for (const { data, time } of events) {
      expect(data).toBe(time);
      numbers.add(data);
    }
  }
  await engine.close();
  return { numbers, told };
}

test('of the log of a killed process nothing is lost in silence, whichever byte is flipped', async () => {
  await using scratch = await scratchDirectory();
  const acknowledged = await appendAndDie(scratch.path, 1, 400);
  const { size } = await stat(join(scratch.path, 'thingtalk.db-wal'));
  expect(size).toBeGreaterThan(100_000);
  for (const offset of [0, 8, 20, 31, 32, 36, 40, 50, ...placesIn(size, step)]) {
    const mask = Buffer.of(1 << (offset % 8));
    const { numbers, told } = await afterHarm(scratch.path, offset, mask);
    const lost = acknowledged.filter((n) => !numbers.has(n));
    if (told.length === 0) expect(lost, `offset ${offset}`).toEqual([]);
    // A flip that cannot be undone costs no more than what is on one page.
    expect(lost.length, `offset ${offset}`).toBeLessThan(acknowledged.length / 4);
  }
}, 3_600_000);

test('of the log of a killed process nothing is lost in silence when a sector of it is rubbish', async () => {
  await using scratch = await scratchDirectory();
  const acknowledged = await appendAndDie(scratch.path, 1, 400);
  const { size } = await stat(join(scratch.path, 'thingtalk.db-wal'));
  for (const sector of [0, 3, 20, Math.floor(size / 1_024), Math.floor(size / 700)]) {
    const rubbish = Buffer.alloc(512, 0xa5);
    const { numbers, told } = await afterHarm(scratch.path, sector * 512, rubbish);
    const lost = acknowledged.filter((n) => !numbers.has(n));
    if (told.length === 0) expect(lost, `sector ${sector}`).toEqual([]);
  }
}, 120_000);
