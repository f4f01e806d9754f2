import { isIPv6 } from 'node:net';
import { type Clock, Problem } from '@thingtalk/core';
import { BoundedMap } from './bounded-map.ts';

/** How often something may happen. */
export interface Rate {
  /** How many at once. */
  readonly burst: number;
  /** How many more become free in a second. */
  readonly perSecond: number;
}

interface Bucket {
  left: number;
  at: number;
}

/** Most keys whose buckets are remembered: whoever makes up more makes old ones forgotten, which are full again by then. */
const maxKeys = 10_000;

/** Token buckets by key, in bounded memory. */
export class TokenBuckets {
  readonly #clock: Clock;
  readonly #rate: Rate;
  readonly #buckets = new BoundedMap<string, Bucket>(maxKeys);

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Takes one; false when none is left. */
  take(key: string): boolean {
    const { burst, perSecond } = this.#rate;
    const now = this.#clock.now();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { left: burst, at: now };
      this.#buckets.set(key, bucket);
    } else if (now !== bucket.at) {
      const refilled = bucket.left + ((now - bucket.at) / 1_000) * perSecond;
      // A clock that was set back refills nothing, and takes nothing away.
      bucket.left = Math.min(burst, Math.max(bucket.left, refilled));
      bucket.at = now;
    }
    if (bucket.left < 1) return false;
    bucket.left--;
    return true;
  }
}

/** What attempts cost whose failures add up. */
export interface BackoffSteps {
  /** Attempts without waiting. */
  readonly free: number;
  /** The first wait, in milliseconds; it doubles from attempt to attempt. */
  readonly firstMs: number;
  /** The longest wait, in milliseconds. Without attempts for as long again, all is forgotten. */
  readonly longestMs: number;
}

interface Attempts {
  count: number;
  last: number;
  until: number;
}

/** Lets attempts through ever more slowly while they fail. They count when they begin, so that many at once win nothing. */
export class Backoff {
  readonly #clock: Clock;
  readonly #steps: BackoffSteps;
  readonly #attempts = new BoundedMap<string, Attempts>(maxKeys);

  constructor(clock: Clock, steps: BackoffSteps) {
    this.#clock = clock;
    this.#steps = steps;
  }

  /** Milliseconds until the next attempt may begin; 0 when it may now. */
  wait(key: string): number {
    return Math.max(0, (this.#now(key)?.until ?? 0) - this.#clock.now());
  }

  /** Counts an attempt. */
  begin(key: string): void {
    const { free, firstMs, longestMs } = this.#steps;
    const now = this.#clock.now();
    const count = (this.#now(key)?.count ?? 0) + 1;
    const wait = count < free ? 0 : Math.min(longestMs, firstMs * 2 ** (count - free));
    this.#attempts.set(key, { count, last: now, until: now + wait });
  }

  /** Takes back the attempt that succeeded; those that failed before it still count. */
  succeed(key: string): void {
    const attempts = this.#now(key);
    if (attempts === undefined) return;
    attempts.count--;
    if (attempts.count === 0) this.#attempts.delete(key);
    else if (attempts.count < this.#steps.free) attempts.until = 0;
  }

  #now(key: string): Attempts | undefined {
    const attempts = this.#attempts.get(key);
    if (attempts === undefined) return undefined;
    const isOver = this.#clock.now() - attempts.last > 2 * this.#steps.longestMs;
    return isOver ? undefined : attempts;
  }
}

const perAddress: BackoffSteps = { free: 5, firstMs: 12_000, longestMs: 900_000 };
const perName: BackoffSteps = { free: 20, firstMs: 12_000, longestMs: 300_000 };

/** Most pairs of name and address that are remembered for having logged in. */
const maxFamiliar = 1_000;

/**
 * How fast passwords may be tried: five at once from an address, then one each 12 s, 24 s, ... up to 15 min; and twenty at once for a
 * name from all addresses together, up to 5 min.
 *
 * A stranger who uses up the attempts of a name locks nobody out: from an address where this person has logged in before, and from the
 * gateway's own machine, only the address counts.
 */
export class LoginLimits {
  readonly #addresses: Backoff;
  readonly #names: Backoff;
  readonly #familiar = new BoundedMap<string, true>(maxFamiliar);

  constructor(clock: Clock) {
    this.#addresses = new Backoff(clock, perAddress);
    this.#names = new Backoff(clock, perName);
  }

  /**
   * Counts an attempt.
   *
   * @throws {@link Problem} `too-many-requests`, the same whether or not there is somebody of this name.
   */
  begin(name: string, address: string): void {
    const network = networkOf(address);
    const isFamiliar = this.#familiar.get(pair(name, network)) === true || isLoopback(address);
    const wait = Math.max(this.#addresses.wait(network), isFamiliar ? 0 : this.#names.wait(name));
    if (wait > 0) throw tooMany(wait);
    this.#addresses.begin(network);
    if (!isFamiliar) this.#names.begin(name);
  }

  /** Tells that the attempt that was begun has succeeded. */
  succeed(name: string, address: string): void {
    const network = networkOf(address);
    this.#addresses.succeed(network);
    this.#names.succeed(name);
    this.#familiar.set(pair(name, network), true);
  }
}

function tooMany(waitMs: number): Problem {
  const retryAfterSeconds = Math.ceil(waitMs / 1_000);
  return new Problem(
    'too-many-requests',
    `too many attempts to log in; the next may begin in ${retryAfterSeconds} s`,
    { retryAfterSeconds },
  );
}

function pair(name: string, network: string): string {
  return `${network} ${name}`;
}

/** Whether an address is of the gateway's own machine. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** What one subscriber holds: an IPv4 address, or the first half of an IPv6 address. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (plain !== undefined) return plain;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  const groups = [...front, ...Array<string>(Math.max(0, zeros)).fill('0'), ...back];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
    .join(':');
}
