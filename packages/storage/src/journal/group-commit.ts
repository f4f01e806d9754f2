import { type AppendOptions, type Clock, Problem, systemClock, type Timer } from '@thingtalk/core';

/** How much is committed together, and how much may wait. */
export interface GroupCommitLimits {
  /** Bytes of one batch; a larger entry goes alone. Default 1 MiB. */
  readonly batchBytes?: number;
  /** Bytes that may wait. Default 16 MiB. */
  readonly waitingBytes?: number;
  /** How long an entry that nobody waits for may wait for others, in milliseconds. Default 10. */
  readonly patienceMs?: number;
  readonly clock?: Clock;
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
 * One at a time, in order: that makes a batch as large as the disk is slow. A sensor's word, which nobody waits for, waits a
 * moment for others, so that a thousand sensors cost a hundred commits a second and not a thousand.
 */
export class GroupCommit {
  readonly #commit: (texts: readonly string[]) => Promise<void>;
  readonly #batchBytes: number;
  readonly #waitingBytes: number;
  readonly #patienceMs: number;
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #running: Promise<void> | undefined;
  #patience: Timer | undefined;
  #closed = false;

  /** @param commit stores the entries, all or none; resolves when they are on disk. */
  constructor(commit: (texts: readonly string[]) => Promise<void>, limits: GroupCommitLimits = {}) {
    this.#commit = commit;
    this.#batchBytes = limits.batchBytes ?? 2 ** 20;
    this.#waitingBytes = limits.waitingBytes ?? 2 ** 24;
    this.#patienceMs = limits.patienceMs ?? 10;
    this.#clock = limits.clock ?? systemClock;
  }

  /**
   * Takes an entry; resolves once it is on disk.
   *
   * @throws {@link Problem} `overloaded` when too much waits; whatever `commit` throws.
   */
  append(text: string, { patient = false }: AppendOptions = {}): Promise<void> {
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
      if (patient) this.#patience ??= this.#clock.after(this.#patienceMs, () => this.#runOut());
      else this.hurry();
    });
  }

  /** Commits what waits, without waiting for more. */
  hurry(): void {
    // In a microtask, so that what one tick appends is one batch.
    if (this.#waiting.length > 0) this.#running ??= Promise.resolve().then(() => this.#run());
  }

  /** Takes nothing more; resolves when all that waits is settled. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#patience?.cancel();
    this.hurry();
    await this.#running;
  }

  /** One timer serves all who are patient while it runs: a thousand writes a second that hurry need not make a thousand. */
  #runOut(): void {
    this.#patience = undefined;
    this.hurry();
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
