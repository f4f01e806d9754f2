import type { Clock, Timer } from '@thingtalk/core';

/**
 * How long at most it does not look at the clock: timers go on as before when a clock is set, as at the first word with a time
 * server. A timer of Node could not wait for more than 25 days, either.
 */
const longestMs = 60_000;

/** Rings when a moment has come, however far away. */
export class Alarm implements Disposable {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #at = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `time` at the latest, in milliseconds since 1970; once. */
  by(time: number): void {
    if (time < this.#at) this.#set(time);
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#at = Number.POSITIVE_INFINITY;
  }

  #set(time: number): void {
    this.#timer?.cancel();
    this.#at = time;
    const wait = Math.min(Math.max(0, time - this.#clock.now()), longestMs);
    this.#timer = this.#clock.after(wait, () => this.#wake());
  }

  #wake(): void {
    const at = this.#at;
    this.#at = Number.POSITIVE_INFINITY;
    if (this.#clock.now() < at) this.#set(at);
    else this.#ring();
  }
}
