import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Problem } from '@thingtalk/core';
import { isBusy } from './sqlite-errors.ts';

/** How long the process that had the directory before may take to let go of it, in milliseconds. */
const busyMs = 2_000;

/**
 * Takes a directory for this process alone: it lasts until it is disposed of, or the process ends in whatever way.
 *
 * A lock of its own, because damaged files are looked at, copied and renamed before SQLite may lock them. It is that of an
 * empty database, which needs no space on a full disk.
 *
 * @throws {@link Problem} `conflict` when another process has it.
 */
export function lockDirectory(directory: string): Disposable {
  const path = join(directory, 'lock');
  const lock = new DatabaseSync(path);
  try {
    // Nothing is ever written through it, its own journal included.
    lock.exec(`pragma busy_timeout = ${busyMs}; pragma journal_mode = memory; begin exclusive`);
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new Problem(
      'conflict',
      `${directory} is in use by another process; end that, or use another directory`,
      {
        cause: error,
      },
    );
  }
  return { [Symbol.dispose]: () => lock.close() };
}
