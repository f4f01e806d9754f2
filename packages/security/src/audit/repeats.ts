import type { AuditEntry } from '@thingtalk/core';
import { networkOf } from '../authentication/rate-limits.ts';
import { cleanEntry } from './audit-entry.ts';

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

  /** Takes note of an entry. Returns it as it is to be written; nothing, when it was counted. */
  take(entry: AuditEntry, time: number): AuditEntry | undefined {
    const network = entry.outcome === 'denied' ? networkOf(entry.from) : undefined;
    const denials = network === undefined ? 0 : (this.#denials.get(network) ?? 0);
    if (denials >= denialsApart) {
      return this.#count(`flood ${network}`, time, () => floodOf(entry));
    }
    const key = keyOf(entry);
    if (this.#tallies.has(key)) return this.#count(key, time, () => entry);
    if (this.#tallies.size >= mostDifferent) {
      return this.#count(entry.outcome, time, () => crowdOf(entry));
    }
    if (network !== undefined) this.#denials.set(network, denials + 1);
    const cleaned = cleanEntry(entry);
    this.#tallies.set(key, { entry: cleaned, count: 0, time });
    return cleaned;
  }

  /** Ends the window: what was counted in it, in the order it first happened. */
  end(): readonly Repeat[] {
    const repeats = [...this.#tallies.values()].filter(({ count }) => count > 0);
    this.#tallies.clear();
    this.#denials.clear();
    return repeats;
  }

  /** @param make the entry that stands for what is counted, where none does yet. */
  #count(key: string, time: number, make: () => AuditEntry): undefined {
    const known = this.#tallies.get(key);
    if (known === undefined) {
      this.#tallies.set(key, { entry: cleanEntry(make()), count: 1, time });
      return;
    }
    known.count++;
    known.time = time;
  }
}

/** Longest part of a text that tells entries apart, in characters: keys are held for a minute. */
const telling = 512;

/** Made of what was given, since to clean it takes ten times as long as to find it again. */
function keyOf({ outcome, who, from, what, on = '', why = '' }: AuditEntry): string {
  const key = `${outcome}\0${who}\0${from}\0${what}\0${on}\0${why}`;
  return key.length > telling
    ? JSON.stringify(cleanEntry({ who, from, what, on, outcome, why }))
    : key;
}

function floodOf({ who, from, what }: AuditEntry): AuditEntry {
  const why = `many denials in a minute; from the ${denialsApart}th on they are counted, ${what} was the first of those`;
  return { who, from, what: 'denials', outcome: 'denied', why };
}

function crowdOf({ outcome }: AuditEntry): AuditEntry {
  const why = `more than ${mostDifferent} different entries in a minute`;
  return { who: 'several', from: 'several', what: 'several', outcome, why };
}
