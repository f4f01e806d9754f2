import { accessSync, constants } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { Problem } from '@thingtalk/core';
import { stepNames } from '../schema/steps.ts';
import { layouts, type TableName } from '../schema/tables.ts';
import { claim } from './application-id.ts';
import { FirstLook } from './first-look.ts';
import { DamageFound, isBusy, isReadOnly } from './sqlite-errors.ts';
import { openSqliteFile } from './sqlite-file.ts';
import { ThingPages, type ThingPageText } from './thing-pages.ts';

/** Every table, in an order that is good for reading one after the other. */
export const tableNames = Object.keys(layouts) as readonly TableName[];

/** A database without a fault that we can see. */
export interface OpenDatabase {
  readonly db: DatabaseSync;
  /** What was read to be looked at, and will be asked for next: the pages of Things, by the Thing they begin after. */
  readonly pages: Map<string, ThingPageText>;
  /** The same of documents. */
  readonly documents: FirstLook;
}

/**
 * Opens a database, looks through its pages, and brings it to the schema of this program.
 *
 * @throws {@link Problem} `conflict` when another process has it open, or a newer program wrote it, or one that is not ours.
 * @throws an error that `isDamage` tells, when it is damaged.
 */
export async function openChecked(path: string): Promise<OpenDatabase> {
  const db = openHere(path);
  try {
    checkPages(db);
    claim(db, path);
    if (!isUpToDate(db)) {
      const { migrateAtOnce } = await import('./migrate-at-once.ts');
      await migrateAtOnce(db, path);
    }
    const documents = FirstLook.at(db, throwDamage);
    checkLastEvents(db);
    return { db, documents, pages: readThings(db) };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Whether every step was applied: then nothing is loaded that makes them. */
function isUpToDate(db: DatabaseSync): boolean {
  const tables = "select 1 from sqlite_schema where type = 'table' and name = 'kysely_migration'";
  if (db.prepare(tables).get() === undefined) return false;
  const applied = db.prepare('select name from kysely_migration order by name').all();
  return applied.map(({ name }) => name).join() === stepNames.join();
}

function openHere(path: string): DatabaseSync {
  try {
    return openSqliteFile(path);
  } catch (error) {
    if (isReadOnly(error) && mayWrite(path)) throw new DamageFound('its header says read-only');
    if (!isBusy(error)) throw error;
    throw new Problem('conflict', `${path} is in use by another process`, { cause: error });
  }
}

/** Whether the file system lets us. */
function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** One byte of a key, and SQLite no longer finds what lies beside it: so each row is looked at. */
function readThings(db: DatabaseSync): Map<string, ThingPageText> {
  const things = new ThingPages(db, throwDamage);
  const pages = things.all();
  const [table] = things.tablesReadInPart();
  if (table !== undefined) throw new DamageFound(`some rows of ${table} are not where they belong`);
  return pages;
}

function throwDamage(table: TableName, row: object): never {
  const cells = row as Readonly<Record<string, unknown>>;
  const key = layouts[table].key.map((column) => cells[column]);
  throw new DamageFound(`the row ${JSON.stringify(key)} of ${table} fails its check`);
}

/**
 * Whether each Thing's last event is the one that was counted last.
 *
 * Not each event: of those there may be millions, and where one is missing is seen when they are read.
 */
function checkLastEvents(db: DatabaseSync): void {
  const found = db.prepare(`select thing from things where events > 0
    and events is not (select max(n) from events where events.thing = things.thing) limit 1`);
  const row = found.get();
  if (row !== undefined) throw new DamageFound(`the last event of ${row.thing} cannot be found`);
}

function checkPages(db: DatabaseSync): void {
  const found = db
    .prepare('pragma integrity_check(10)')
    .all()
    .map(({ integrity_check }) => String(integrity_check));
  if (found[0] !== 'ok') throw new DamageFound(found.join('; '));
}
