/** What the one writer of a property did and saw, in the order in which each ended. It sends numbers that grow. */
export type RegisterStep =
  /** The number is on its way, and may be stored from here on. */
  | { readonly did: 'sent'; readonly value: number }
  /** The gateway has answered that it is stored. */
  | { readonly did: 'acknowledged'; readonly value: number }
  /** The gateway has said that the property holds this. */
  | { readonly did: 'read'; readonly value: number };

/** What was acknowledged of a list that only grows, and what is in it. */
export interface Stream {
  /** Numbers whose storing was acknowledged, in any order. */
  readonly acknowledged: Iterable<number>;
  /** What is stored, in its order. */
  readonly stored: readonly number[];
}

/** How a run of an action ended, as its client was told. */
export interface RunOutcome {
  readonly status: string;
  readonly output?: unknown;
}

/** What became of the runs of one Thing's actions. */
export interface Runs {
  /** What clients were told of runs that had ended, by the run's id. */
  readonly told: ReadonlyMap<string, RunOutcome>;
  /** What the gateway says of them in the end; those it no longer remembers are left out. */
  readonly held: ReadonlyMap<string, RunOutcome>;
  /** Ids in the order in which the Thing did the work. */
  readonly done: readonly string[];
}

/**
 * Holds a property's history against the promise that what was acknowledged stays: every read gives what was acknowledged
 * last before it, or something that was sent later.
 *
 * @returns each read that does not, in words; nothing when all is well.
 */
export function registerFaults(steps: readonly RegisterStep[]): readonly string[] {
  const faults: string[] = [];
  let acknowledged = Number.NEGATIVE_INFINITY;
  let sent = Number.NEGATIVE_INFINITY;
  for (const { did, value } of steps) {
    if (did === 'sent') sent = value;
    else if (did === 'acknowledged') acknowledged = value;
    else if (value < acknowledged)
      faults.push(`${value} was read after ${acknowledged} was stored`);
    else if (value > sent) faults.push(`${value} was read, and ${sent} was sent last`);
  }
  return faults;
}

/** @returns what was acknowledged and is not stored, and what is stored twice or out of order. */
export function streamFaults({ acknowledged, stored }: Stream): readonly string[] {
  const seen = new Set<number>();
  const faults: string[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const n of stored) {
    if (seen.has(n)) faults.push(`${n} is stored twice`);
    else if (n < last) faults.push(`${n} is stored after ${last}`);
    seen.add(n);
    last = Math.max(last, n);
  }
  const lost = [...acknowledged].filter((n) => !seen.has(n));
  return [...faults, ...lost.map((n) => `${n} was acknowledged and is not stored`)];
}

/** @returns runs that were done twice, told as completed and not done, or told otherwise later. */
export function runFaults({ told, held, done }: Runs): readonly string[] {
  const times = Map.groupBy(done, (id) => id);
  const twice = [...times].filter(([, all]) => all.length > 1);
  const faults = twice.map(([id, all]) => `run ${id} was done ${all.length} times`);
  for (const [id, outcome] of told) {
    if (outcome.status === 'completed' && !times.has(id)) {
      faults.push(`run ${id} was told as completed and was never done`);
    }
    const later = held.get(id);
    if (later !== undefined && JSON.stringify(later) !== JSON.stringify(outcome)) {
      faults.push(`run ${id} was ${JSON.stringify(outcome)}, and is ${JSON.stringify(later)}`);
    }
  }
  return faults;
}
