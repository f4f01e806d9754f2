import type { AuditEntry } from '@thingtalk/core';
import { networkOf } from '../authentication/rate-limits.ts';

/** Denials of one network that are written one by one in a window, as long as they differ; the others are counted. */
const denialsApart = 30;
/** Most different entries in a window; beyond that they are counted as allowed or denied. */
const mostDifferent = 2_000;

/** What happened again and was counted. */
export interface Repeat {
  readonly entry: AuditEntry;
  /** How often, beside the one that was written. */
  readonly count: number;
  /** When it happened last, in milliseconds since 1970. */
  readonly time: number;
}

interface Tally {
  readonly entry: AuditEntry;
  count: number;
  time: number;
}

/**
 * Counts what happens again within a window of time, so that neither a flood of denials nor a slider that is moved fills the log:
 * the same entry is written once and then counted; and of one network, whatever it tries, so many denials are written and the
 * rest counted together.
 */
export class Repeats {
  readonly #tallies = new Map<string, Tally>();
  readonly #denials = new Map<string, number>();

  /** Whether nothing has happened in this window. */
  get isEmpty(): boolean {
    return this.#tallies.size === 0;
  }

  /** Takes note of an entry; whether it is new in this window, and has to be written. */
  isNew(entry: AuditEntry, time: number): boolean {
    const network = entry.outcome === 'denied' ? networkOf(entry.from) : undefined;
    if (network !== undefined && this.#isFlood(network)) {
      return this.#count(`flood ${network}`, floodOf(entry), time);
    }
    const key = JSON.stringify(entry);
    const known = this.#tallies.get(key);
    if (known === undefined && this.#tallies.size >= mostDifferent) {
      return this.#count(entry.outcome, crowdOf(entry), time);
    }
    if (known === undefined) {
      if (network !== undefined) {
        this.#denials.set(network, (this.#denials.get(network) ?? 0) + 1);
      }
      this.#tallies.set(key, { entry, count: 0, time });
      return true;
    }
    return this.#count(key, entry, time);
  }

  /** Ends the window: what was counted in it, in the order it first happened. */
  end(): readonly Repeat[] {
    const repeats = [...this.#tallies.values()].filter(({ count }) => count > 0);
    this.#tallies.clear();
    this.#denials.clear();
    return repeats;
  }

  #isFlood(network: string): boolean {
    return (this.#denials.get(network) ?? 0) >= denialsApart;
  }

  #count(key: string, entry: AuditEntry, time: number): false {
    const tally = this.#tallies.get(key) ?? { entry, count: 0, time };
    tally.count++;
    tally.time = time;
    this.#tallies.set(key, tally);
    return false;
  }
}

function floodOf({ who, from, what }: AuditEntry): AuditEntry {
  const why = `many denials in a minute; from the ${denialsApart}th on they are counted, ${what} was the first of those`;
  return { who, from, what: 'denials', outcome: 'denied', why };
}

function crowdOf({ outcome }: AuditEntry): AuditEntry {
  const why = `more than ${mostDifferent} different entries in a minute`;
  return { who: 'several', from: 'several', what: 'several', outcome, why };
}
