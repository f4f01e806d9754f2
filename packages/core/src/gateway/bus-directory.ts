import { compareCodePoints } from '../data/code-points.ts';
import type { Clock } from '../ports/clock.ts';
import type { BusEntry, DirectoryChange, ThingDirectory } from '../ports/thing-directory.ts';
import type { ThingNote, ThingRecord, Things } from '../ports/things.ts';
import type { ThingId } from '../td/thing-id.ts';

/** A directory of the Things on the bus, and of nothing else. */
export class BusDirectory implements ThingDirectory, Disposable {
  readonly #things: Things;
  readonly #clock: Clock;
  readonly #entries = new Map<ThingId, BusEntry>();
  readonly #listeners = new Set<(change: DirectoryChange) => void>();
  readonly #stop: () => void;
  #sorted: readonly BusEntry[] | undefined;
  #revision = 0;
  #membership = 0;

  constructor(things: Things, clock: Clock) {
    this.#things = things;
    this.#clock = clock;
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
    const after = kind === 'thing_deleted' ? undefined : this.#entryOf(thing, before?.created);
    if (after === undefined) this.#entries.delete(id);
    else this.#entries.set(id, after);
    this.#sorted = undefined;
    this.#revision++;
    if (kind !== 'thing_updated') this.#membership++;
    for (const listener of this.#listeners) listener({ kind, id, before, after });
  }

  #entryOf({ id, level, head, shape, tdVersion }: ThingRecord, created?: number): BusEntry {
    const now = this.#clock.now();
    return {
      kind: 'bus',
      id,
      level,
      head,
      shape,
      version: tdVersion,
      created: created ?? now,
      modified: now,
    };
  }
}
