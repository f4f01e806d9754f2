import { Problem } from '@thingtalk/core';

/** How much is committed together, and how much may wait. */
export interface GroupCommitLimits {
  /** Bytes of one batch; a larger entry goes alone. Default 1 MiB. */
  readonly batchBytes?: number;
  /** Bytes that may wait. Default 16 MiB. */
  readonly waitingBytes?: number;
}

interface Waiting {
  readonly text: string;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Commits together what comes together: what arrives while one commit is under way forms the next.
 *
 * One at a time, in order: that makes a batch as large as the disk is slow, and needs no timer.
 */
export class GroupCommit {
  readonly #commit: (texts: readonly string[]) => Promise<void>;
  readonly #batchBytes: number;
  readonly #waitingBytes: number;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #running: Promise<void> | undefined;
  #closed = false;

  /** @param commit stores the entries, all or none; resolves when they are on disk. */
  constructor(
    commit: (texts: readonly string[]) => Promise<void>,
    { batchBytes = 2 ** 20, waitingBytes = 2 ** 24 }: GroupCommitLimits = {},
  ) {
    this.#commit = commit;
    this.#batchBytes = batchBytes;
    this.#waitingBytes = waitingBytes;
  }

  /**
   * Takes an entry; resolves once it is on disk.
   *
   * @throws {@link Problem} `overloaded` when too much waits; whatever `commit` throws.
   */
  append(text: string): Promise<void> {
    const bytes = Buffer.byteLength(text);
    if (this.#closed) return Promise.reject(new Error('the journal was closed'));
    if (this.#bytes > 0 && this.#bytes + bytes > this.#waitingBytes) {
      return Promise.reject(
        new Problem('overloaded', `${this.#bytes} bytes wait to be stored already`, {
          retryAfterSeconds: 1,
        }),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, bytes, resolve, reject });
      this.#bytes += bytes;
      // In a microtask, so that what one tick appends is one batch.
      this.#running ??= Promise.resolve().then(() => this.#run());
    });
  }

  /** Takes nothing more; resolves when all that waits is settled. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      try {
        await this.#commit(batch.map(({ text }) => text));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      for (const { bytes } of batch) this.#bytes -= bytes;
    }
    this.#running = undefined;
  }

  #nextBatch(): readonly Waiting[] {
    let bytes = 0;
    const end = this.#waiting.findIndex((one, n) => {
      bytes += one.bytes;
      return n > 0 && bytes > this.#batchBytes;
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }
}
