import type { DatabaseSync } from 'node:sqlite';
import { Problem } from '@thingtalk/core';
import { migrate } from '../schema/migrate.ts';
import { sqliteDialect } from '../schema/migrations.ts';
import { kyselyOver } from './kysely-over.ts';
import { DamageFound } from './sqlite-errors.ts';

/** All of it or nothing: a process that is killed half-way, or finds no space, leaves the schema as it was. */
export async function migrateAtOnce(db: DatabaseSync, path: string): Promise<void> {
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
