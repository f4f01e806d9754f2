import { accessSync, constants } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { Problem } from '@thingtalk/core';
import { migrate } from '../schema/migrate.ts';
import { sqliteDialect } from '../schema/migrations.ts';
import { columnsOf } from '../schema/statements.ts';
import { isIntact, layouts, type TableName, type Tables } from '../schema/tables.ts';
import { DamageFound, isBusy, isReadOnly } from './sqlite-errors.ts';
import { kyselyOver, openSqliteFile } from './sqlite-file.ts';

/** Every table, in an order that is good for reading one after the other. */
export const tableNames = Object.keys(layouts) as readonly TableName[];

/**
 * Opens a database, looks through its pages, and brings it to the schema of this program.
 *
 * @throws {@link Problem} `conflict` when another process has it open, or a newer program wrote it.
 * @throws an error that `isDamage` tells, when it is damaged.
 */
export async function openChecked(path: string): Promise<DatabaseSync> {
  const db = openHere(path);
  try {
    checkPages(db);
    await migrateAtOnce(db, path);
    for (const table of tableNames) checkTable(db, table);
    return db;
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
    throw error;
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

/**
 * Looks at each row: one byte of a key, and SQLite no longer finds what lies beside it.
 *
 * Not at each event: of those there may be millions, and where one is missing is seen when they are read.
 */
function checkTable(db: DatabaseSync, table: TableName): void {
  const rows = db.prepare(`select ${columnsOf(table).join(', ')} from ${table}`);
  if (table === 'events') {
    checkLastEvents(db);
    return;
  }
  for (const row of rows.iterate()) {
    if (isIntact<TableName>(table, row as unknown as Tables[TableName])) continue;
    const key = layouts[table].key.map((column) => row[column]);
    throw new DamageFound(`the row ${JSON.stringify(key)} of ${table} fails its check`);
  }
}

/** Whether each Thing's last event is the one that was counted last. */
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
