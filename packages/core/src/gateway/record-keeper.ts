import type { Topics } from '../bus/topics.ts';
import type { JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import type { Bus } from '../ports/bus.ts';
import type { EntryStamp, Journal, JournalEntry, StoredThing } from '../ports/journal.ts';
import { asProblem, Problem } from '../problem/problem.ts';
import type { ThingId } from '../td/thing-id.ts';
import type { Complaints } from './complaints.ts';
import type { Twin } from './twin.ts';

/** What a {@link RecordKeeper} works with. */
export interface RecordKeeperParts {
  readonly journal: Journal;
  readonly bus: Bus;
  readonly topics: Topics;
  readonly complaints: Complaints;
}

/**
 * Keeps what Things say in the journal, gives it back after a restart, and tells Things what is kept:
 * an acknowledgement means stored.
 */
export class RecordKeeper {
  readonly #with: RecordKeeperParts;
  /** What was stored of Things that have not announced themselves yet. */
  readonly #recovered = new Map<ThingId, StoredThing>();
  /** Whom to tell in this tick: one commit stores many messages, and only the last of each Thing is told. */
  readonly #told = new Map<Twin, EntryStamp>();

  private constructor(parts: RecordKeeperParts) {
    this.#with = parts;
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

  /** Stores something a Thing said. A failure is the problem of whoever waits for it, and is told on `error`. */
  keep(twin: Twin, entry: JournalEntry): void {
    const appended = this.#with.journal.append(entry);
    twin.stored = appended;
    appended.then(
      () => this.#acknowledge(twin, 'stamp' in entry ? entry.stamp : undefined),
      (error: unknown) => this.#with.complaints.raise(twin, 'stored', asProblem(error)),
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

  #acknowledge(twin: Twin, stamp: EntryStamp | undefined): void {
    if (stamp === undefined || !twin.answers) return;
    if (this.#told.size === 0) queueMicrotask(() => this.#tell());
    this.#told.set(twin, stamp);
  }

  #tell(): void {
    const { bus, topics, complaints } = this.#with;
    for (const [twin, { e, s }] of this.#told) {
      const stored: JsonValue = { e, s };
      bus.publish(topics.at(twin.level, 'stored'), Payload.of(stored)).catch((error: unknown) => {
        complaints.raise(twin, 'stored', asProblem(error));
      });
    }
    this.#told.clear();
  }
}
