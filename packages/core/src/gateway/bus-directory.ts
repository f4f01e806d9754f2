import { compareCodePoints } from '../data/code-points.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  BusEntry,
  DirectoryChange,
  EntryHistory,
  ThingDirectory,
} from '../ports/thing-directory.ts';
import type { ThingNote, ThingRecord, Things } from '../ports/things.ts';
import type { ThingId } from '../td/thing-id.ts';

/** What is remembered of a Thing that comes; `undefined` of one that was never there. */
export type Recall = (thing: ThingRecord) => EntryHistory | undefined;

/** A directory of the Things on the bus, and of nothing else. */
export class BusDirectory implements ThingDirectory, Disposable {
  readonly #things: Things;
  readonly #clock: Clock;
  readonly #recall: Recall;
  readonly #entries = new Map<ThingId, BusEntry>();
  readonly #listeners = new Set<(change: DirectoryChange) => void>();
  readonly #stop: () => void;
  #sorted: readonly BusEntry[] | undefined;
  #revision = 0;
  #membership = 0;

  /** @param recall asked once about each Thing that comes. Default: nothing is remembered. */
  constructor(things: Things, clock: Clock, recall: Recall = () => undefined) {
    this.#things = things;
    this.#clock = clock;
    this.#recall = recall;
    for (const thing of things.list()) this.#entries.set(thing.id, this.#entryOf(thing));
    this.#stop = things.watch('all', (note) => this.#hear(note));
  }

  get revision(): number {
    return this.#revision;
  }

  get membership(): number {
    return this.#membership;
  }

  find(id: string): BusEntry | undefined {
    const thing = this.#things.find(id);
    return thing && this.#entries.get(thing.id);
  }

  list(): readonly BusEntry[] {
    this.#sorted ??= [...this.#entries.values()].sort((a, b) => compareCodePoints(a.id, b.id));
    return this.#sorted;
  }

  watch(listener: (change: DirectoryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  [Symbol.dispose](): void {
    this.#stop();
    this.#listeners.clear();
  }

  #hear({ kind, thing }: ThingNote): void {
    if (kind === 'created') this.#change('thing_created', thing);
    else if (kind === 'updated') this.#change('thing_updated', thing);
    else if (kind === 'removed') this.#change('thing_deleted', thing);
  }

  #change(kind: DirectoryChange['kind'], thing: ThingRecord): void {
    const { id } = thing;
    const before = this.#entries.get(id);
    const after = kind === 'thing_deleted' ? undefined : this.#entryOf(thing, before);
    if (after === undefined) this.#entries.delete(id);
    else this.#entries.set(id, after);
    this.#sorted = undefined;
    this.#revision++;
    if (kind !== 'thing_updated') this.#membership++;
    for (const listener of this.#listeners) listener({ kind, id, before, after });
  }

  #entryOf(thing: ThingRecord, before?: BusEntry): BusEntry {
    const { id, level, head, shape } = thing;
    const { created, modified, version } = this.#historyOf(thing, before);
    // Not spread: what is spread into a literal lies apart from it, and takes more room.
    return { kind: 'bus', id, level, head, shape, created, modified, version };
  }

  #historyOf(thing: ThingRecord, before: BusEntry | undefined): EntryHistory {
    const now = this.#clock.now();
    if (before === undefined) return this.#recall(thing) ?? newAt(now);
    return { created: before.created, modified: now, version: before.version + 1 };
  }
}

function newAt(now: number): EntryHistory {
  return { created: now, modified: now, version: 1 };
}
