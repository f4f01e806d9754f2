import { asProblem, type JournalStatus, silentLogger, systemClock } from '@thingtalk/core';
import { DocumentStore } from '../documents/document-store.ts';
import { readList } from '../documents/document-texts.ts';
import { GroupJournal } from '../journal/group-journal.ts';
import { SpaceWatch } from '../journal/space-watch.ts';
import { readThingPage } from '../journal/thing-page.ts';
import { makeLasting } from '../lasting-directory.ts';
import { type Closers, keptBy, type Storage, type StorageOptions, storageOf } from '../storage.ts';
import { unpack } from './worker-calls.ts';
import { WorkerClient } from './worker-client.ts';

/** How a SQLite storage is opened. */
export interface SqliteOptions extends StorageOptions {
  /** Where its files are; made when it is not there. One process at a time. */
  readonly directory: string;
  /** Bytes that are kept for a full disk; the write-ahead log grows to half of it. Default 8 MiB. */
  readonly ballastBytes?: number;
}

/**
 * Opens the SQLite database in a directory, in a thread of its own.
 *
 * A damaged database is kept under a dated name, and what can be read of it goes on in a new one; the log says what was lost.
 *
 * @throws {@link Problem} `conflict` when another process has it open, or a newer program has written it, or one that is not ours; `storage-full` when
 * opening it needs more space than there is; `storage-unreachable` when its files cannot be used.
 */
export async function openSqlite(options: SqliteOptions): Promise<Storage> {
  const { directory, clock = systemClock, logger = silentLogger } = options;
  await makeLasting(directory);
  const settings = {
    directory,
    ...keptBy(options),
    ballastBytes: options.ballastBytes ?? 2 ** 23,
    now: clock.now(),
  };
  const worker = await WorkerClient.open(settings, logger);
  const space = new SpaceWatch({
    clock,
    tryAgain: () => worker.call('makeRoom'),
    onChange: (status) => tellSpace(status, directory, logger),
  });
  const make = (close: Closers) => ({
    store: new DocumentStore({
      documents: {
        newest: (collection, key) => worker.call('newest', collection, key),
        versions: (collection, key) => worker.call('versions', collection, key),
        list: async (collection, wanted) =>
          readList(collection, await worker.call('list', collection, wanted)),
        changes: (wanted) => worker.call('changes', wanted),
        place: () => worker.call('place'),
        write: (write) => worker.call('write', write),
        writeAll: async (writes) =>
          (await worker.call('writeAll', writes)).map(
            (refusal) => refusal && asProblem(unpack(refusal)),
          ),
      },
      clock,
      space,
      close: close.store,
    }),
    journal: new GroupJournal({
      ...options,
      commit: (text) => worker.call('commit', text),
      reader: {
        page: async (after) => {
          const { text, last } = await worker.call('page', after);
          return readThingPage(text, last);
        },
        events: (thing, wanted) => worker.call('events', thing, wanted),
      },
      space,
      close: close.journal,
    }),
  });
  return storageOf(make, async () => {
    space[Symbol.dispose]();
    await worker.close();
  });
}

function tellSpace(
  status: JournalStatus,
  directory: string,
  logger: NonNullable<SqliteOptions['logger']>,
): void {
  if (status.state === 'full') {
    logger.error({ directory }, 'the disk is full: nothing more is stored until there is space');
  } else logger.info({ directory }, 'there is space again: changes are stored');
}
