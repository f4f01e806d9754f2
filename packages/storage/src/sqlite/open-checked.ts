import { accessSync, constants } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { Problem } from '@thingtalk/core';
import { migrate } from '../schema/migrate.ts';
import { sqliteDialect } from '../schema/migrations.ts';
import { layouts, type TableName } from '../schema/tables.ts';
import { claim } from './application-id.ts';
import { FirstLook } from './first-look.ts';
import { DamageFound, isBusy, isReadOnly } from './sqlite-errors.ts';
import { kyselyOver, openSqliteFile } from './sqlite-file.ts';
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
    await migrateAtOnce(db, path);
    const documents = FirstLook.at(db, throwDamage);
    checkLastEvents(db);
    return { db, documents, pages: readThings(db) };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** All of it or nothing: a process that is killed half-way, or finds no space, leaves the schema as it was. */
async function migrateAtOnce(db: DatabaseSync, path: string): Promise<void> {
  db.exec('begin immediate');
  try {
    await migrate(kyselyOver(db), sqliteDialect, path);
    db.exec('commit');
  } catch (error) {
    if (db.isTransaction) db.exec('rollback');
    // What kysely itself complains of is a list of steps that no program has written.
    const isTold = error instanceof Problem || (error instanceof Error && 'errcode' in error);
    throw isTold ? error : new DamageFound(String(error));
  }
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
