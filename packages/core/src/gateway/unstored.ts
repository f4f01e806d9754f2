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

/** What is missing of one Thing. */
interface Missing {
  /** The first message that was not stored. */
  first: EntryStamp;
  /** What was under way behind it and was stored all the same. */
  readonly behind: EntryStamp[];
  /** Whether there is no room yet. */
  waits: boolean;
}

/** How a message is to be stored: in its turn, behind later ones that were stored before it, or not again. */
export type Place = 'next' | 'late' | 'known';

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
  readonly #missing = new Map<Twin, Missing>();
  #timer: Timer | undefined;

  constructor(parts: UnstoredParts) {
    this.#with = parts;
  }

  /** Whether something a Thing said is missing, and what comes after it must wait. */
  isMissing(twin: Twin): boolean {
    return this.#missing.get(twin)?.waits === true;
  }

  /** The journal refused a message; false when it would refuse it again and again. */
  add(twin: Twin, stamp: EntryStamp, error: unknown): boolean {
    if (!(error instanceof Problem) || !passing.has(error.name)) return false;
    const missing = this.#missing.get(twin) ?? { first: stamp, behind: [], waits: true };
    if (isNotAfter(stamp, missing.first)) missing.first = stamp;
    missing.waits = true;
    this.#missing.set(twin, missing);
    this.#timer ??= this.#with.clock.after(lookMs, () => this.#look());
    return true;
  }

  /** The journal took a message; behind one that it refused, that must be known when both are said again. */
  stored(twin: Twin, stamp: EntryStamp): void {
    const missing = this.#missing.get(twin);
    if (missing?.waits) missing.behind.push(stamp);
  }

  /** How a message is to be stored that a Thing says now. */
  placeOf(twin: Twin, stamp: EntryStamp): Place {
    const behind = this.#missing.get(twin)?.behind;
    if (behind === undefined) return 'next';
    if (behind.some(({ e, s }) => e === stamp.e && s === stamp.s)) return 'known';
    if (behind.some((later) => isNotAfter(stamp, later))) return 'late';
    this.#missing.delete(twin);
    return 'next';
  }

  forget(twin: Twin): void {
    this.#missing.delete(twin);
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#missing.clear();
  }

  #look(): void {
    const { clock, journal, sayAgain } = this.#with;
    this.#timer = undefined;
    if (journal.status.state !== 'writing') {
      this.#timer = clock.after(lookMs, () => this.#look());
      return;
    }
    for (const [twin, missing] of this.#missing) {
      missing.waits = false;
      sayAgain(twin, missing.first);
    }
  }
}
