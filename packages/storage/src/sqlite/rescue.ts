import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Logger } from '@thingtalk/core';
import { refuseForeignFile } from './application-id.ts';
import { countAnew } from './count-anew.ts';
import { keptName, mendLog } from './mend-log.ts';
import { type OpenDatabase, openChecked } from './open-checked.ts';
import { hasTables, salvage } from './salvage.ts';
import { isDamage } from './sqlite-errors.ts';
import { pageBytes } from './sqlite-file.ts';

/**
 * Opens the database at `path`; when it is damaged, keeps it under a dated name and goes on with what can be read of it.
 *
 * Killed at any moment, it begins anew: the damaged file stays in its place until all of the new one is on disk.
 *
 * @param now when this is, in milliseconds since 1970.
 */
export async function openOrRescue(
  path: string,
  now: number,
  logger: Logger,
): Promise<OpenDatabase> {
  const rescued = `${path}.rescued`;
  if (existsSync(rescued) && !existsSync(path)) renameSync(rescued, path);
  refuseForeignFile(path);
  removeDatabase(rescued);
  tellIfGone(path, now, logger);
  mendLog(path, now, logger);
  try {
    return await openChecked(path);
  } catch (error) {
    if (!isDamage(error)) throw error;
    await rescue(path, rescued, { error, now, logger });
    return openChecked(path);
  }
}

/**
 * Says that a database is gone that was there before, which its ballast tells: SQLite begins a new one without a word,
 * and takes away the log that was beside the old one.
 */
function tellIfGone(path: string, now: number, logger: Logger): void {
  const isThere = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (isThere || !existsSync(join(dirname(path), 'ballast'))) return;
  const kept = keptName(`${path}-wal`, now);
  const hasLog = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (hasLog) renameSync(`${path}-wal`, kept);
  logger.error(
    { database: path, ...(hasLog && { kept }) },
    'the database is gone: it was here before, and the file is missing or empty. A new one is begun',
  );
}

interface Damage {
  readonly error: unknown;
  readonly now: number;
  readonly logger: Logger;
}

async function rescue(path: string, rescued: string, damage: Damage): Promise<void> {
  const copy = `${path}.copy`;
  removeDatabase(copy);
  copyDatabase(path, copy);
  const made = await openChecked(rescued);
  made.db.close();
  mendFirstPage(copy, readFileSync(rescued).subarray(0, pageBytes));
  const { db } = await openChecked(rescued);
  const tables = salvage(copy, db);
  const counted = countAnew(db);
  db.close();
  removeDatabase(copy);
  const kept = keptName(path, damage.now);
  for (const suffix of ['-wal', '']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, kept + suffix);
  }
  renameSync(rescued, path);
  damage.logger.error(
    { database: path, kept, found: String(damage.error), tables, counted },
    'the database was damaged: what could be read of it is in a new one, and the damaged file was kept',
  );
}

/**
 * Puts the header of a sound file over that of the damaged one; the whole first page when its list of tables is unreadable.
 *
 * All our files have the same header but for sizes and counts, and their tables begin at the same pages. Rows are checked
 * one by one, so a wrong guess finds nothing, and never something wrong.
 */
function mendFirstPage(path: string, sound: Buffer): void {
  const header = Buffer.from(sound);
  header.writeUInt32BE(Math.ceil(statSync(path).size / pageBytes), 28);
  header.fill(0, 32, 40); // no free pages: none is asked for
  const file = openSync(path, 'r+');
  try {
    writeSync(file, header, 0, 100, 0);
    if (!hasTables(path)) writeSync(file, header, 0, pageBytes, 0);
  } finally {
    closeSync(file);
  }
}

function copyDatabase(from: string, to: string): void {
  copyFileSync(from, to);
  if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`);
}

function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
}
