import { type Clock, delay, type ThingId, type Timer } from '@thingtalk/core';

/** How many are written together at most: others who write wait no longer than for these. */
const groupSize = 250;

/** How long after a failure it is tried again, in milliseconds. */
const retryMs = 60_000;

/** Writes what there is to say of Things now; resolves with those of which it could not, and why. */
export type WriteGroup = (ids: readonly ThingId[]) => Promise<ReadonlyMap<ThingId, unknown>>;

/** What a {@link Scribe} leaves. */
export interface Unwritten {
  /** How many Things of which not all is written. */
  readonly count: number;
  /** Why the last of those that failed at the end did; `undefined` when there was no time. */
  readonly error: unknown;
}

/** What a {@link Scribe} works with. */
export interface ScribeParts {
  readonly clock: Clock;
  /** Told of each group of which some could not be written; they are tried again a minute later. */
  readonly onError: (failed: ReadonlyMap<ThingId, unknown>) => void;
}

/**
 * Writes what is to be written of each Thing: what was planned while one group was written forms the next, and what changes
 * again before its turn is written once.
 */
export class Scribe {
  readonly #with: ScribeParts;
  readonly #planned = new Set<ThingId>();
  readonly #failed = new Set<ThingId>();
  #underWay: readonly ThingId[] = [];
  #write: WriteGroup | undefined;
  #running: Promise<void> | undefined;
  #retry: Timer | undefined;
  #isClosing = false;
  #isClosed = false;
  #lastError: unknown;

  constructor(parts: ScribeParts) {
    this.#with = parts;
  }

  /** Begins to write what is planned. */
  begin(write: WriteGroup): void {
    this.#write = write;
    this.#wake();
  }

  /** Plans to write what there is to say of a Thing when its turn comes. */
  plan(id: ThingId): void {
    this.#planned.add(id);
    this.#wake();
  }

  /**
   * Writes what is planned, and once more what had failed, as long as there is time; then nothing more.
   *
   * @param ms how long it may take.
   */
  async close(ms: number): Promise<Unwritten> {
    this.#isClosing = true;
    this.#retry?.cancel();
    for (const id of this.#failed) this.plan(id);
    this.#failed.clear();
    const written = new AbortController();
    const late = delay(this.#with.clock, ms, written.signal).catch(() => {});
    await Promise.race([this.#running, late]);
    written.abort();
    this.#isClosed = true;
    const left = new Set([...this.#planned, ...this.#underWay, ...this.#failed]);
    return { count: left.size, error: this.#lastError };
  }

  #wake(): void {
    const write = this.#write;
    if (write === undefined || this.#isClosed) return;
    // In a microtask, so that what one tick plans is one group.
    this.#running ??= Promise.resolve().then(() => this.#work(write));
  }

  async #work(write: WriteGroup): Promise<void> {
    while (this.#planned.size > 0 && !this.#isClosed) {
      this.#underWay = takeFrom(this.#planned, groupSize);
      const failed = await write(this.#underWay).catch((error: unknown) =>
        everyOf(this.#underWay, error),
      );
      if (failed.size > 0) this.#failedAt(failed);
      this.#underWay = [];
    }
    this.#running = undefined;
  }

  #failedAt(failed: ReadonlyMap<ThingId, unknown>): void {
    for (const [id, error] of failed) {
      this.#failed.add(id);
      if (this.#isClosing) this.#lastError = error;
    }
    if (this.#isClosing) return;
    this.#with.onError(failed);
    this.#retry ??= this.#with.clock.after(retryMs, () => {
      this.#retry = undefined;
      for (const id of this.#failed) this.plan(id);
      this.#failed.clear();
    });
  }
}

const everyOf = (ids: readonly ThingId[], error: unknown) => new Map(ids.map((id) => [id, error]));

/** Takes the first of a set, at most so many. */
function takeFrom<T>(set: Set<T>, count: number): readonly T[] {
  const taken: T[] = [];
  for (const one of set) {
    if (taken.length === count) break;
    taken.push(one);
    set.delete(one);
  }
  return taken;
}
