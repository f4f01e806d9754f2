import type { Clock, Timer } from '../ports/clock.ts';

/** Whoever waits; the lanes note the time on it. */
export interface Waiting {
  /** Set by the lanes: when its time is up, in milliseconds since 1970. */
  due?: number;
}

interface Lane<W> {
  /** In the order they came, which within a lane is the order they are due. */
  readonly waiting: Set<W>;
  timer: Timer;
}

/**
 * Watches many deadlines with few timers: those with the same wait stand in one lane, whose timer looks at the first.
 *
 * A timer that finds nobody due sets itself anew, so that adding and removing touch no timer.
 */
export class DeadlineLanes<W extends Waiting> {
  readonly #clock: Clock;
  readonly #expire: (waiting: W) => void;
  readonly #lanes = new Map<number, Lane<W>>();

  /** @param expire is told of everyone whose time is up, once. */
  constructor(clock: Clock, expire: (waiting: W) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  /** Gives `waiting` so many milliseconds from now. */
  add(waiting: W, ms: number): void {
    waiting.due = this.#clock.now() + ms;
    const lane = this.#lanes.get(ms);
    if (lane !== undefined) lane.waiting.add(waiting);
    else {
      const timer = this.#clock.after(ms, () => this.#look(ms));
      this.#lanes.set(ms, { waiting: new Set([waiting]), timer });
    }
  }

  /** Takes back an {@link add}; harmless when there was none. */
  remove(waiting: W, ms: number): void {
    if (waiting.due !== undefined) this.#lanes.get(ms)?.waiting.delete(waiting);
  }

  /** Forgets everybody. */
  close(): void {
    for (const { timer } of this.#lanes.values()) timer.cancel();
    this.#lanes.clear();
  }

  #look(ms: number): void {
    const lane = this.#lanes.get(ms);
    if (lane === undefined) return;
    const now = this.#clock.now();
    for (const waiting of lane.waiting) {
      const left = (waiting.due ?? now) - now;
      if (left > 0) {
        lane.timer = this.#clock.after(left, () => this.#look(ms));
        return;
      }
      lane.waiting.delete(waiting);
      this.#expire(waiting);
    }
    this.#lanes.delete(ms);
  }
}
