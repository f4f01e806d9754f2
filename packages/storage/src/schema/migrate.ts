import { Problem } from '@thingtalk/core';
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { type Dialect, migrations } from './migrations.ts';

/**
 * Brings a database to the schema that this program knows.
 *
 * @throws {@link Problem} `conflict` when a newer program has written it; nothing in it was touched.
 */
export async function migrate<T>(
  db: Kysely<T>,
  dialect: Dialect,
  place: string,
  steps: Readonly<Record<string, Migration>> = migrations(dialect),
): Promise<void> {
  const known = Object.keys(steps).sort();
  const applied = await appliedSteps(db);
  const newer = applied.filter((step) => !known.includes(step));
  // A newer program has applied all of ours first; a database that lacks one is a damaged one.
  if (newer.length > 0 && known.every((step) => applied.includes(step))) {
    throw new Problem(
      'conflict',
      `${place} was written by a newer thingtalk: its schema is '${newer.at(-1)}', and this program knows up to '${known.at(-1)}'. Start a newer thingtalk, or restore a backup from before`,
    );
  }
  if (applied.length === known.length) return;
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...steps }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

/** The steps that were applied, in order; none for an empty database. */
async function appliedSteps<T>(db: Kysely<T>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return [];
  const { rows } = await sql<{
    name: string;
  }>`select name from kysely_migration order by name`.execute(db);
  return rows.map(({ name }) => name);
}
