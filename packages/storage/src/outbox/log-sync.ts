import { type FileHandle, open } from 'node:fs/promises';

/**
 * Brings SQLite's write-ahead log to the disk without holding up the thread.
 *
 * A commit with `synchronous = normal` is a write to the log: the end of the process does not lose it, a power cut may.
 * One fdatasync of the log, in the thread pool, does for all commits before it what `full` does for each.
 */
export class LogSync implements AsyncDisposable {
  readonly #log: FileHandle;
  #written = 0;
  #synced = 0;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  private constructor(log: FileHandle) {
    this.#log = log;
  }

  /** @param path of the log: it must be there. */
  static async open(path: string): Promise<LogSync> {
    // Windows flushes only what may be written.
    return new LogSync(await open(path, 'r+'));
  }

  /** Something was committed. */
  wrote(): void {
    this.#written++;
  }

  /** Resolves when everything committed so far is on the disk; `undefined` when it is already. */
  done(): Promise<void> | undefined {
    if (this.#synced === this.#written) return undefined;
    if (this.#running === undefined) return this.#sync();
    // The one under way began before the last commits: all of them share the next.
    const again = () => this.#sync();
    this.#next ??= this.#running.then(again, again);
    return this.#next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.catch(() => {});
    await this.#log.close();
  }

  #sync(): Promise<void> {
    this.#next = undefined;
    const written = this.#written;
    this.#running = this.#log.datasync().then(
      () => {
        this.#running = undefined;
        this.#synced = written;
      },
      (error: unknown) => {
        this.#running = undefined;
        throw error;
      },
    );
    return this.#running;
  }
}
