/**
 * A small seeded generator of random numbers: the same seed gives the same numbers on every machine.
 *
 * SplitMix32: a Weyl sequence through the finaliser of MurmurHash3. Good enough for a simulation, and for nothing secret.
 *
 * @see Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014
 */
export class Random {
  #state: number;

  /** @param seed any integer; its lower 32 bits count */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A number from 0 up to, but not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return finalise(this.#state) / 2 ** 32;
  }

  /** A number from `low` up to, but not including, `high`. */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** Whether something happens that happens `perHour` times an hour on average, within the next `hours`. */
  happens(perHour: number, hours: number): boolean {
    return this.next() < -Math.expm1(-perHour * hours);
  }

  /** One of `choices`. */
  pick<C>(choices: readonly [C, ...C[]]): C {
    return choices[Math.floor(this.next() * choices.length)] ?? choices[0];
  }

  /** A generator of its own for `name`, so that one more of them leaves the numbers of the others alone. */
  fork(name: string): Random {
    let seed = this.#state;
    for (const character of name) seed = finalise(seed ^ (character.codePointAt(0) ?? 0)) | 0;
    return new Random(seed);
  }
}

/** Mixes 32 bits so that each of them depends on all. */
function finalise(bits: number): number {
  let mixed = bits;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
