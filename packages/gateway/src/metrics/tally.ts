import type { Route, ThingNote } from '@thingtalk/core';

/** Upper bounds of the durations that are told apart, in seconds; all that is slower counts as `+Inf`. */
export const durationBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5] as const;

/** The requests of one route that were answered with one status. */
export interface RequestTally {
  readonly method: string;
  /** The path of the row, `/things/:id`: one series a row, not one a Thing. */
  readonly route: string;
  readonly status: number;
  count: number;
  /** Of their durations, in seconds. */
  sum: number;
  /** How many took at most each of the {@link durationBounds}, but longer than the one before. */
  readonly buckets: number[];
}

/** Counts what happens. On the hot path of every request, so it only adds; how it is told is another's work. */
export class Tally {
  readonly #requests = new Map<Route, Map<number, RequestTally>>();
  readonly #notes = new Map<ThingNote['kind'], number>();

  /** All requests so far. */
  get requests(): readonly RequestTally[] {
    return [...this.#requests.values()].flatMap((byStatus) => [...byStatus.values()]);
  }

  /** How many notes of each kind there were. */
  get notes(): Iterable<[kind: string, count: number]> {
    return this.#notes;
  }

  /** Counts an answered request. */
  countRequest(route: Route, status: number, ms: number): void {
    const tally = this.#tallyOf(route, status);
    const seconds = ms / 1_000;
    tally.count++;
    tally.sum += seconds;
    const bucket = durationBounds.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) tally.buckets[bucket] = (tally.buckets[bucket] ?? 0) + 1;
  }

  /** Counts something that happened to a Thing. */
  countNote({ kind }: ThingNote): void {
    this.#notes.set(kind, (this.#notes.get(kind) ?? 0) + 1);
  }

  #tallyOf(route: Route, status: number): RequestTally {
    const byStatus = this.#requests.get(route) ?? new Map<number, RequestTally>();
    this.#requests.set(route, byStatus);
    const known = byStatus.get(status);
    if (known !== undefined) return known;
    const buckets = durationBounds.map(() => 0);
    const { method, path } = route;
    const tally = { method, route: path, status, count: 0, sum: 0, buckets };
    byStatus.set(status, tally);
    return tally;
  }
}
