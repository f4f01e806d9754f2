import type { Clock, Timer } from '../ports/clock.ts';

interface Waiting {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock that a test turns by hand; it stands still in between. */
export class FakeClock implements Clock {
  #now: number;
  /** By time, and among equal times in the order they were set. */
  readonly #waiting: Waiting[] = [];

  /** @param start what time it is at first. Default 2026-01-01T00:00:00Z. */
  constructor(start: number | string | Date = '2026-01-01T00:00:00Z') {
    this.#now = new Date(start).getTime();
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, wake: () => void): Timer {
    const waiting = { at: this.#now + Math.max(0, ms), wake };
    const place = this.#waiting.findIndex((other) => other.at > waiting.at);
    this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, waiting);
    const cancel = () => {
      const at = this.#waiting.indexOf(waiting);
      if (at >= 0) this.#waiting.splice(at, 1);
    };
    return { cancel, [Symbol.dispose]: cancel };
  }

  /**
   * Turns the clock on by `ms`, waking on the way whoever's time has come, in order.
   *
   * What they wake with promises has settled before the next timer fires and before this resolves.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#due(end); next !== undefined; next = this.#due(end)) {
      this.#now = next.at;
      next.wake();
      await settle();
    }
    this.#now = end;
  }

  /** Turns the clock on by `ms` at once, for code without promises. */
  tick(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#due(end); next !== undefined; next = this.#due(end)) {
      this.#now = next.at;
      next.wake();
    }
    this.#now = end;
  }

  #due(end: number): Waiting | undefined {
    const next = this.#waiting[0];
    return next !== undefined && next.at <= end ? this.#waiting.shift() : undefined;
  }
}

/** Resolves when every promise that can settle without the outside world has settled. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
