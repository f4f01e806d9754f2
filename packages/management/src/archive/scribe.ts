import type { Clock, ThingId, Timer } from '@thingtalk/core';

/** How many are written at once. */
const hands = 8;

/** How long after a failure it is tried again, in milliseconds. */
const retryMs = 60_000;

/** Writes what is to be written of each Thing, one after the other; what changes again before its turn is written once. */
export class Scribe implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #onError: (id: ThingId, error: unknown) => void;
  readonly #planned = new Set<ThingId>();
  readonly #failed = new Set<ThingId>();
  readonly #busy = new Set<ThingId>();
  readonly #hands = new Set<Promise<void>>();
  #write: ((id: ThingId) => Promise<void>) | undefined;
  #retry: Timer | undefined;

  /** @param onError told of each failure; it is tried again a minute later. */
  constructor(clock: Clock, onError: (id: ThingId, error: unknown) => void) {
    this.#clock = clock;
    this.#onError = onError;
  }

  /** Begins to write what is planned. */
  begin(write: (id: ThingId) => Promise<void>): void {
    this.#write = write;
    this.#wake();
  }

  /** Plans to write what there is to say of a Thing when its turn comes. */
  plan(id: ThingId): void {
    this.#planned.add(id);
    if (this.#hands.size < hands) this.#wake();
  }

  /** Resolves when all that was planned is written, or has failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#hands.size > 0) await Promise.all(this.#hands);
    this.#retry?.cancel();
  }

  #wake(): void {
    const write = this.#write;
    if (write === undefined) return;
    const hand = Promise.resolve()
      .then(() => this.#work(write))
      .finally(() => this.#hands.delete(hand));
    this.#hands.add(hand);
  }

  async #work(write: (id: ThingId) => Promise<void>): Promise<void> {
    // A set shows what is added while it is walked through.
    for (const id of this.#planned) {
      if (this.#busy.has(id)) continue;
      this.#busy.add(id);
      while (this.#planned.delete(id)) {
        await write(id).catch((error: unknown) => this.#failedAt(id, error));
      }
      this.#busy.delete(id);
    }
  }

  #failedAt(id: ThingId, error: unknown): void {
    this.#onError(id, error);
    this.#failed.add(id);
    this.#retry ??= this.#clock.after(retryMs, () => {
      this.#retry = undefined;
      for (const one of this.#failed) this.plan(one);
      this.#failed.clear();
    });
  }
}
