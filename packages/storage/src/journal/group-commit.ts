import {
  type AppendOptions,
  type Clock,
  type JournalEntry,
  Problem,
  systemClock,
  type Timer,
} from '@thingtalk/core';
import { Batch } from './batch.ts';

/** How much is committed together, and how much may wait. */
export interface GroupCommitLimits {
  /** Bytes after which a batch takes no more. Default 1 MiB. */
  readonly batchBytes?: number;
  /** Bytes that may wait before more is refused. Default 16 MiB. */
  readonly waitingBytes?: number;
  /** How long an entry that nobody waits for may wait for others, in milliseconds. Default 10. */
  readonly patienceMs?: number;
  readonly clock?: Clock;
}

/**
 * Commits together what comes together: what arrives while one commit is under way forms the next.
 *
 * One at a time, in order: that makes a batch as large as the disk is slow. A sensor's word, which nobody waits for, waits a
 * moment for others, so that a thousand sensors cost a hundred commits a second and not a thousand.
 */
export class GroupCommit {
  readonly #commit: (text: string) => Promise<void>;
  readonly #batchBytes: number;
  readonly #waitingBytes: number;
  readonly #patienceMs: number;
  readonly #clock: Clock;
  /** What waits, in order; the last one still grows. */
  readonly #waiting: Batch[] = [];
  #committing: Batch | undefined;
  /** How many of those that wait somebody waits for; what is patient behind them stays until it must. */
  #due = 0;
  #running: Promise<void> | undefined;
  #patience: Timer | undefined;
  #closed = false;

  /** @param commit stores a {@link Batch} by its text, all of it or nothing; resolves when it is on disk. */
  constructor(commit: (text: string) => Promise<void>, limits: GroupCommitLimits = {}) {
    this.#commit = commit;
    this.#batchBytes = limits.batchBytes ?? 2 ** 20;
    this.#waitingBytes = limits.waitingBytes ?? 2 ** 24;
    this.#patienceMs = limits.patienceMs ?? 10;
    this.#clock = limits.clock ?? systemClock;
  }

  /**
   * Takes an entry, as it is now; what is returned resolves once it is on disk, and is the same for all that are committed together.
   *
   * @throws {@link Problem} `overloaded` when too much waits, `bad-request` for a name that cannot be stored; it rejects with
   * whatever `commit` throws.
   */
  append(entry: JournalEntry, { patient = false }: AppendOptions = {}): Promise<void> {
    if (this.#closed) throw new Error('the journal was closed');
    this.#mustHaveRoom();
    const batch = this.#growing();
    batch.add(entry);
    if (patient && batch.bytes < this.#batchBytes)
      this.#patience ??= this.#clock.after(this.#patienceMs, () => this.#runOut());
    else this.hurry();
    return batch.settled;
  }

  /** Commits what waits, without waiting for more. */
  hurry(): void {
    this.#due = this.#waiting.length;
    // In a microtask, so that what one tick appends is one batch.
    if (this.#due > 0) this.#running ??= Promise.resolve().then(() => this.#run());
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

  #mustHaveRoom(): void {
    let bytes = this.#committing?.bytes ?? 0;
    for (const batch of this.#waiting) bytes += batch.bytes;
    if (bytes < this.#waitingBytes) return;
    throw new Problem('overloaded', `${bytes} bytes wait to be stored already`, {
      retryAfterSeconds: 1,
    });
  }

  #growing(): Batch {
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.bytes < this.#batchBytes) return last;
    const next = new Batch();
    this.#waiting.push(next);
    return next;
  }

  async #run(): Promise<void> {
    for (let batch = this.#nextDue(); batch !== undefined; batch = this.#nextDue()) {
      this.#committing = batch;
      try {
        await this.#commit(batch.text());
        batch.resolve();
      } catch (error) {
        batch.reject(error);
      }
    }
    this.#committing = undefined;
    this.#running = undefined;
  }

  #nextDue(): Batch | undefined {
    if (this.#due === 0) return undefined;
    this.#due -= 1;
    return this.#waiting.shift();
  }
}
