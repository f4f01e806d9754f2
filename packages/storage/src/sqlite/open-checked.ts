import type { DatabaseSync } from 'node:sqlite';
import { Problem } from '@thingtalk/core';
import { migrate } from '../schema/migrate.ts';
import { sqliteDialect } from '../schema/migrations.ts';
import { columnsOf } from '../schema/statements.ts';
import { layouts, type TableName } from '../schema/tables.ts';
import { repairThings } from './repair-things.ts';
import { DamageFound, isBusy } from './sqlite-errors.ts';
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
    await migrate(kyselyOver(db), sqliteDialect, path);
    for (const table of tableNames) {
      db.prepare(`select ${columnsOf(table).join(', ')} from ${table} limit 1`).get();
    }
    repairThings(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function openHere(path: string): DatabaseSync {
  try {
    return openSqliteFile(path);
  } catch (error) {
    if (!isBusy(error)) throw error;
    throw new Problem('conflict', `${path} is in use by another process`, { cause: error });
  }
}

function checkPages(db: DatabaseSync): void {
  const found = db
    .prepare('pragma quick_check(10)')
    .all()
    .map(({ quick_check }) => String(quick_check));
  if (found[0] !== 'ok') throw new DamageFound(found.join('; '));
}
