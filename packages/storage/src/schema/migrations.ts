import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { givePlaces } from './statements.ts';
import type { StepName } from './steps.ts';

/** In what the two databases' words for the same table differ. */
export interface Dialect {
  /** Text that is ordered by code points. */
  readonly text: RawBuilder<unknown>;
  /** What ends the statement that creates a table whose rows lie in the order of their key. */
  readonly ordered: RawBuilder<unknown>;
  /** Whether such a table keeps of a long row but the beginning in its place. */
  readonly cutsLongRows: boolean;
}

/** SQLite's words. */
export const sqliteDialect: Dialect = {
  text: sql`text collate binary`,
  ordered: sql`without rowid`,
  cutsLongRows: true,
};

/** PostgreSQL's words. */
export const postgresDialect: Dialect = {
  text: sql`text collate "C"`,
  ordered: sql``,
  cutsLongRows: false,
};

/**
 * Every step from an empty database to what {@link Tables} says, by name, in order.
 *
 * A step that was released is never changed: a new one is added.
 */
export function migrations(dialect: Dialect): Readonly<Record<StepName, Migration>> {
  return {
    '0001-documents-and-journal': { up: (db) => createFirstTables(db, dialect) },
    '0002-places-of-documents': { up: addPlaces },
    '0003-documents-in-one-piece': { up: (db) => joinDocuments(db, dialect) },
  };
}

async function createFirstTables(db: Kysely<unknown>, { text, ordered }: Dialect): Promise<void> {
  const table = (name: string) => db.schema.createTable(name).modifyEnd(ordered);
  await table('documents')
    .addColumn('collection', text, (column) => column.notNull())
    .addColumn('key', text, (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('author', 'text', (column) => column.notNull())
    .addColumn('time', 'double precision', (column) => column.notNull())
    .addColumn('value', 'text')
    .addColumn('crc', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('documents_key', ['collection', 'key', 'version'])
    .execute();
  await table('things')
    .addColumn('thing', text, (column) => column.notNull())
    .addColumn('e', 'double precision')
    .addColumn('s', 'double precision')
    .addColumn('events', 'integer', (column) => column.notNull())
    .addColumn('runs', 'integer', (column) => column.notNull())
    .addColumn('crc', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('things_key', ['thing'])
    .execute();
  await table('property_values')
    .addColumn('thing', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('time', 'double precision', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('crc', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('property_values_key', ['thing', 'name'])
    .execute();
  await table('events')
    .addColumn('thing', text, (column) => column.notNull())
    .addColumn('n', 'integer', (column) => column.notNull())
    .addColumn('e', 'double precision')
    .addColumn('s', 'double precision')
    .addColumn('time', 'double precision', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('data', 'text')
    .addColumn('crc', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('events_key', ['thing', 'n'])
    .execute();
  await table('runs')
    .addColumn('thing', text, (column) => column.notNull())
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('n', 'integer', (column) => column.notNull())
    .addColumn('ended', 'integer')
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('crc', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('runs_key', ['thing', 'id'])
    .execute();
  await table('wishes')
    .addColumn('thing', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('time', 'double precision', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('crc', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('wishes_key', ['thing', 'name'])
    .execute();
  // What one writer committed last, so that a batch whose answer was lost with the connection is not applied again.
  await table('writers')
    .addColumn('writer', text, (column) => column.notNull())
    .addColumn('batch', 'integer', (column) => column.notNull())
    .addColumn('time', 'double precision', (column) => column.notNull())
    .addPrimaryKeyConstraint('writers_key', ['writer'])
    .execute();
}

async function addPlaces(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('documents').addColumn('place', 'integer').execute();
  await sql.raw(givePlaces).execute(db);
  const index = db.schema.createIndex('documents_place').on('documents').column('place');
  await index.unique().execute();
}

/** Of 10,000 documents of 1 KB each took a page of its own beside its place: as they come they take a third of the file. */
async function joinDocuments(db: Kysely<unknown>, { text, cutsLongRows }: Dialect): Promise<void> {
  if (!cutsLongRows) return;
  await db.schema.alterTable('documents').renameTo('documents_cut_up').execute();
  await db.schema
    .createTable('documents')
    .addColumn('collection', text, (column) => column.notNull())
    .addColumn('key', text, (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('author', 'text', (column) => column.notNull())
    .addColumn('time', 'double precision', (column) => column.notNull())
    .addColumn('value', 'text')
    .addColumn('crc', 'integer', (column) => column.notNull())
    .addColumn('place', 'integer')
    .addPrimaryKeyConstraint('documents_key', ['collection', 'key', 'version'])
    .execute();
  await sql`insert into documents select * from documents_cut_up order by place`.execute(db);
  await db.schema.dropTable('documents_cut_up').execute();
  const index = db.schema.createIndex('documents_place').on('documents').column('place');
  await index.unique().execute();
}
