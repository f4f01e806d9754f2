import { isNotAfter } from '../bus/envelope.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { EntryStamp, Journal } from '../ports/journal.ts';
import { Problem } from '../problem/problem.ts';
import type { ProblemName } from '../problem/problems.ts';
import type { Twin } from './twin.ts';

/** How often it is looked whether the journal takes entries again, in milliseconds. */
const lookMs = 1_000;

/** What passes by itself. Anything else would be refused again. */
const passing: ReadonlySet<ProblemName> = new Set([
  'storage-full',
  'storage-unreachable',
  'overloaded',
]);

/** What {@link Unstored} works with. */
export interface UnstoredParts {
  readonly clock: Clock;
  readonly journal: Journal;
  /** Has a Thing say again everything from `first` on. */
  readonly sayAgain: (twin: Twin, first: EntryStamp) => void;
}

/**
 * Things of whom the journal did not take a message. Nothing they said later is stored before that: once there is room
 * again, they say it all again.
 */
export class Unstored implements Disposable {
  readonly #with: UnstoredParts;
  readonly #first = new Map<Twin, EntryStamp>();
  #timer: Timer | undefined;

  constructor(parts: UnstoredParts) {
    this.#with = parts;
  }

  /** Whether something a Thing said is missing, and what comes after it must wait. */
  isMissing(twin: Twin): boolean {
    return this.#first.has(twin);
  }

  /** The journal refused a message; false when it would refuse it again and again. */
  add(twin: Twin, stamp: EntryStamp, error: unknown): boolean {
    if (!(error instanceof Problem) || !passing.has(error.name)) return false;
    const first = this.#first.get(twin);
    if (first === undefined || isNotAfter(stamp, first)) this.#first.set(twin, stamp);
    this.#timer ??= this.#with.clock.after(lookMs, () => this.#look());
    return true;
  }

  forget(twin: Twin): void {
    this.#first.delete(twin);
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#first.clear();
  }

  #look(): void {
    const { clock, journal, sayAgain } = this.#with;
    this.#timer = undefined;
    if (journal.status.state !== 'writing') {
      this.#timer = clock.after(lookMs, () => this.#look());
      return;
    }
    const missing = [...this.#first];
    this.#first.clear();
    for (const [twin, first] of missing) sayAgain(twin, first);
  }
}
