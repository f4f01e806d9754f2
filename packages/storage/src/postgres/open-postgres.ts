import { silentLogger, systemClock } from '@thingtalk/core';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Pool } from 'pg';
import { DocumentStore, storedText } from '../documents/document-store.ts';
import { Documents } from '../documents/documents.ts';
import { GroupJournal } from '../journal/group-journal.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { SpaceWatch } from '../journal/space-watch.ts';
import { reportTo } from '../schema/damage.ts';
import { migrate } from '../schema/migrate.ts';
import { postgresDialect } from '../schema/migrations.ts';
import type { Tables } from '../schema/tables.ts';
import { keptBy, type Storage, type StorageOptions, storageOf } from '../storage.ts';
import { JournalWriter } from './journal-writer.ts';
import { Link } from './link.ts';
import { asStorageProblem } from './postgres-errors.ts';

/** How a PostgreSQL storage is opened. */
export interface PostgresOptions extends StorageOptions {
  /** `postgres://user:password@host:port/database`; the database exists, and is ours alone. */
  readonly url: string;
  /** How long what is appended waits for a server that is lost, in milliseconds. Default 10,000. */
  readonly patienceMs?: number;
  /** How often to look for what other gateways wrote, in milliseconds. Default 500. */
  readonly lookMs?: number;
  /** Connections for documents and reading. Default 4; the journal has one of its own. */
  readonly connections?: number;
}

/**
 * Opens a PostgreSQL database. Several gateways may share one, if each Thing is written by one of them at a time.
 *
 * @throws {@link Problem} `storage-unreachable` when the server does not answer, `conflict` when a newer program has written it.
 */
export async function openPostgres(options: PostgresOptions): Promise<Storage> {
  const { url, clock = systemClock, logger = silentLogger, patienceMs = 10_000 } = options;
  const config = {
    connectionString: url,
    connectionTimeoutMillis: patienceMs,
    // A server that is there but silent is as good as lost.
    query_timeout: patienceMs,
    keepAlive: true,
    // An acknowledgement means stored, whatever the server's default.
    options: '-c synchronous_commit=on',
  };
  const link = await Link.open({ config, clock, logger, patienceMs });
  const pool = new Pool({ ...config, max: options.connections ?? 4 });
  pool.on('error', (error) => logger.warn({ error: error.message }, 'an idle connection was lost'));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const close = async () => {
    space[Symbol.dispose]();
    await link[Symbol.asyncDispose]();
    await db.destroy();
  };
  const space = new SpaceWatch({
    clock,
    tryAgain: () => canWrite(db),
    onChange: ({ state }) => logger.warn({ state }, 'the space of the PostgreSQL server changed'),
  });
  try {
    await migrate(db, postgresDialect, 'the PostgreSQL database');
  } catch (error) {
    await close();
    throw asStorageProblem(error);
  }
  const report = reportTo(logger);
  const { eventsKept, versionsKept } = keptBy(options);
  const documents = new Documents(db, { report, versionsKept });
  const reader = new JournalReader(db, report);
  const writer = new JournalWriter({ link, clock, eventsKept });
  return storageOf(
    (closers) => ({
      store: new DocumentStore({
        documents: {
          newest: (...args) => promised(documents.newest(...args)),
          versions: (...args) => promised(documents.versions(...args)),
          list: async (...args) => (await promised(documents.list(...args))).map(storedText),
          changes: (...args) => promised(documents.changes(...args)),
          place: () => promised(documents.place()),
          write: (...args) => promised(documents.write(...args)),
          writeAll: (writes) =>
            promised(
              db.transaction().execute(async (transaction) => {
                await oneGroupAtATime(transaction);
                return new Documents(transaction, { report, versionsKept }).writeAll(writes);
              }),
            ),
        },
        clock,
        space,
        lookMs: options.lookMs ?? 500,
        close: closers.store,
      }),
      journal: new GroupJournal({
        ...options,
        commit: (text) => writer.commit(text),
        reader: {
          page: (...args) => promised(reader.page(...args)),
          events: (...args) => promised(reader.events(...args)),
        },
        space,
        status: () => link.status,
        close: closers.journal,
      }),
    }),
    async () => {
      await writer.close().catch((error) => logger.warn({ error: String(error) }, 'left untidy'));
      await close();
    },
  );
}

/** The result, or the failure as the ports promise it. */
async function promised<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw asStorageProblem(error);
  }
}

/** Two that write several documents in different orders would wait for each other: so the second waits for the first to end. */
async function oneGroupAtATime(db: Kysely<Tables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('thingtalk documents'))`.execute(db);
}

/** Whether there is space for a row. */
async function canWrite(db: Kysely<Tables>): Promise<boolean> {
  const probe = { writer: 'probe', batch: 0, time: 0 };
  const writers = db.withTables<{ writers: typeof probe }>();
  await writers.insertInto('writers').values(probe).execute();
  await writers.deleteFrom('writers').where('writer', '=', probe.writer).execute();
  return true;
}
