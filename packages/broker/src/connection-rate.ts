import type { Clock } from '@thingtalk/core';

const loopback = /^(::1$|127\.|::ffff:127\.)/;

/** Counts the connections of each address in the present second. */
export class ConnectionRate {
  readonly #perSecond: number;
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  #second = 0;

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
  }

  /** Whether one more connection from `address` is within the limit; the loopback always is. */
  admits(address: string): boolean {
    if (loopback.test(address)) return true;
    const second = Math.floor(this.#clock.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#counts.clear();
    }
    const count = (this.#counts.get(address) ?? 0) + 1;
    this.#counts.set(address, count);
    return count <= this.#perSecond;
  }
}
