import type { Clock } from '../ports/clock.ts';
import type { EntryStamp, Journal, JournalEntry, StoredThing } from '../ports/journal.ts';
import { asProblem, Problem } from '../problem/problem.ts';
import type { ThingId } from '../td/thing-id.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { Complaints } from './complaints.ts';
import type { Twin } from './twin.ts';
import { Unstored } from './unstored.ts';

/** What a {@link RecordKeeper} works with. */
export interface RecordKeeperParts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly complaints: Complaints;
  readonly acknowledgements: Acknowledgements;
}

/**
 * Keeps what Things say in the journal, gives it back after a restart, and tells Things what is kept:
 * an acknowledgement means stored.
 */
export class RecordKeeper implements Disposable {
  readonly #with: RecordKeeperParts;
  /** What was stored of Things that have not announced themselves yet. */
  readonly #recovered = new Map<ThingId, StoredThing>();
  readonly #unstored: Unstored;
  #sayAgain: (twin: Twin) => void = () => {};

  private constructor(parts: RecordKeeperParts) {
    this.#with = parts;
    this.#unstored = new Unstored({
      ...parts,
      sayAgain: (twin, first) => {
        twin.heard = { e: first.e, s: first.s - 1 };
        this.#restate(twin, first);
        this.#sayAgain(twin);
      },
    });
  }

  /** Opens the records: what is stored is read once, from the beginning. */
  static async open(parts: RecordKeeperParts): Promise<RecordKeeper> {
    const keeper = new RecordKeeper(parts);
    for await (const stored of parts.journal.recover()) keeper.#recovered.set(stored.thing, stored);
    return keeper;
  }

  /**
   * Gives a new twin what was stored of its Thing; its values count as unconfirmed until the Thing speaks.
   *
   * @returns the wishes that wait for it; `undefined` when nothing was stored of it.
   */
  restore(twin: Twin): StoredThing['wishes'] | undefined {
    const stored = this.#recovered.get(twin.id);
    if (stored === undefined) return undefined;
    this.#recovered.delete(twin.id);
    twin.restore(stored);
    return stored.wishes;
  }

  /** What was stored of a Thing that has not announced itself yet. */
  recovered(thing: ThingId): StoredThing | undefined {
    return this.#recovered.get(thing);
  }

  /** Somebody waits until what a Thing said is stored. */
  hurry(): void {
    this.#with.journal.hurry();
  }

  /** Stores something a Thing said. A failure is the problem of whoever waits for it, and is told on `error`. */
  keep(twin: Twin, entry: JournalEntry): void {
    const stamp = 'stamp' in entry ? entry.stamp : undefined;
    const appended = this.#append(twin, entry, stamp);
    twin.stored = appended;
    appended.then(
      () => {
        // Ten thousand promises that were kept are memory. One that was broken stays, for whoever asks later.
        if (twin.stored === appended) twin.stored = undefined;
        this.#kept(twin, stamp);
      },
      (error: unknown) => this.#refused(twin, stamp, error),
    );
  }

  /** What to do to have a Thing say again what could not be stored when it said it. */
  sayAgainBy(sayAgain: (twin: Twin) => void): void {
    this.#sayAgain = sayAgain;
  }

  /** A Thing is gone, and with it what is missing of it. */
  forget(twin: Twin): void {
    this.#unstored.forget(twin);
  }

  [Symbol.dispose](): void {
    this.#unstored[Symbol.dispose]();
  }

  /** Tells once more that everything up to `heard` is kept, as soon as it is. */
  tellAgain(twin: Twin, heard: EntryStamp): void {
    (twin.stored ?? Promise.resolve()).then(
      () => this.#kept(twin, heard),
      () => {},
    );
  }

  /** Stores something that was decided about a Thing. A failure is the caller's alone. */
  store(entry: JournalEntry): Promise<void> {
    return this.#with.journal.append(entry);
  }

  /** @throws {@link Problem} `storage-full` while nothing can be stored: then nothing is asked of a Thing either. */
  mustAccept(): void {
    const { status } = this.#with.journal;
    if (status.state !== 'full') return;
    const since = new Date(status.since).toISOString();
    throw new Problem('storage-full', `nothing can be stored since ${since}`, {
      retryAfterSeconds: 5,
    });
  }

  #append(twin: Twin, entry: JournalEntry, stamp: EntryStamp | undefined): Promise<void> {
    const { journal } = this.#with;
    const options = { patient: entry.kind === 'values' };
    if (stamp === undefined) return journal.append(entry, options);
    if (this.#unstored.isMissing(twin)) {
      const detail = `${twin.id} said something before that could not be stored yet`;
      return Promise.reject(new Problem('storage-full', detail, { retryAfterSeconds: 1 }));
    }
    const place = this.#unstored.placeOf(twin, stamp);
    if (place === 'known') return Promise.resolve();
    if (place === 'next' || !('stamp' in entry)) return journal.append(entry, options);
    // A journal takes nothing older than what it has; what comes late goes in without its number.
    return journal.append({ ...entry, stamp: undefined }, options);
  }

  /** Stores all values that a Thing has: which of them were stored before is not known. */
  #restate(twin: Twin, first: EntryStamp): void {
    const { values } = twin.recollection;
    const time = this.#with.clock.now();
    const entry = { kind: 'values', thing: twin.id, stamp: undefined, time, values } as const;
    this.store(entry).catch((error: unknown) => this.#refused(twin, first, error));
  }

  #kept(twin: Twin, stamp: EntryStamp | undefined): void {
    if (stamp === undefined) return;
    if (this.#unstored.isMissing(twin)) this.#unstored.stored(twin, stamp);
    else this.#with.acknowledgements.tell(twin, stamp);
  }

  #refused(twin: Twin, stamp: EntryStamp | undefined, error: unknown): void {
    this.#with.complaints.raise(twin, 'stored', asProblem(error));
    if (stamp === undefined || this.#unstored.add(twin, stamp, error)) return;
    // It can never be stored, and waits in the Thing's outbox for nothing.
    this.#with.acknowledgements.tell(twin, stamp);
  }
}
