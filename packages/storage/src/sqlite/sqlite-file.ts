import { DatabaseSync } from 'node:sqlite';

/** The page size of every file of ours: SQLite's default. */
export const pageBytes = 4_096;

/** How long the process that had the file before may take to let go of it, in milliseconds. */
const busyMs = 2_000;

/** Opens a file as we use it: write-ahead log, an fdatasync at each commit, nobody else in it. */
export function openSqliteFile(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    db.exec(`pragma busy_timeout = ${busyMs}; pragma locking_mode = exclusive`);
    if (isEmpty(db)) db.exec(`pragma page_size = ${pageBytes}; pragma auto_vacuum = incremental`);
    db.exec('pragma journal_mode = wal; pragma synchronous = full');
    // Takes the lock now: who comes second shall hear it at once.
    db.exec('begin immediate; commit');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Whether nothing was ever written: only then is it decided how pages are laid out, and on a full disk not even asked. */
function isEmpty(db: DatabaseSync): boolean {
  return db.prepare('pragma page_count').get()?.page_count === 0;
}
