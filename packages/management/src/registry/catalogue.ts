import {
  type BusDirectory,
  type BusEntry,
  compareCodePoints,
  type DirectoryChange,
  type DirectoryEntry,
  type RegisteredEntry,
  ShapeCache,
  type Store,
  type StoredMetadata,
  type ThingDirectory,
  type ThingId,
} from '@thingtalk/core';
import { HeldCollection } from './held-collection.ts';
import { metadataCollection, storedMetadata } from './read-metadata.ts';
import type { PresentDirectory } from './recorded-change.ts';
import { registeredCollection, registeredEntry } from './registered-things.ts';

/**
 * What there is: the Things on the bus, beside those registered by hand, with what users added to them. A living Thing
 * hides one registered under its id.
 */
export class Catalogue implements ThingDirectory, PresentDirectory, Disposable {
  readonly shapes = new ShapeCache();
  readonly #living: BusDirectory;
  readonly #held: Held;
  readonly #listeners = new Set<(change: DirectoryChange) => void>();
  readonly #stop: () => void;
  #sorted: readonly DirectoryEntry[] | undefined;
  #revision = 0;
  #membership = 0;

  private constructor(living: BusDirectory, held: Held) {
    this.#living = living;
    this.#held = held;
    this.#stop = living.watch(({ id, before, after }) => {
      const hidden = this.registered(id);
      this.#tell(id, this.#described(before ?? hidden), this.#described(after ?? hidden));
    });
  }

  /** Reads what is stored. */
  static async open(store: Store, living: BusDirectory): Promise<Catalogue> {
    const registrations = await HeldCollection.open({
      store,
      collection: registeredCollection,
      read: registeredEntry,
      onChange: (key, { before, after }) => opened.#changed(key as ThingId, before, after),
    });
    const metadata = await HeldCollection.open({
      store,
      collection: metadataCollection,
      read: storedMetadata,
      onChange: (key, { before }) => opened.#redescribed(key, before),
    });
    const opened: Catalogue = new Catalogue(living, { registrations, metadata });
    return opened;
  }

  /** What is registered by hand. */
  get registrations(): HeldCollection<RegisteredEntry> {
    return this.#held.registrations;
  }

  /** What users added. */
  get metadata(): HeldCollection<StoredMetadata> {
    return this.#held.metadata;
  }

  get revision(): number {
    return this.#revision;
  }

  get membership(): number {
    return this.#membership;
  }

  living(id: string): BusEntry | undefined {
    return this.#living.find(id);
  }

  registered(id: string): RegisteredEntry | undefined {
    return this.registrations.get(id);
  }

  find(id: string): DirectoryEntry | undefined {
    return this.#described(this.living(id) ?? this.registered(id));
  }

  list(): readonly DirectoryEntry[] {
    this.#sorted ??= this.#sort();
    return this.#sorted;
  }

  described(entry: DirectoryEntry): DirectoryEntry {
    const metadata = this.metadata.get(entry.id);
    return metadata === undefined ? entry : { ...entry, metadata };
  }

  watch(listener: (change: DirectoryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  [Symbol.dispose](): void {
    this.#stop();
    this.#listeners.clear();
    this.#living[Symbol.dispose]();
  }

  #described(entry: DirectoryEntry | undefined): DirectoryEntry | undefined {
    return entry && this.described(entry);
  }

  #sort(): readonly DirectoryEntry[] {
    const entries: DirectoryEntry[] = [...this.#living.list()];
    for (const [id, entry] of this.registrations.entries()) {
      if (this.living(id) === undefined) entries.push(entry);
    }
    // Two runs that are nearly in order: a sort merges them.
    return entries
      .sort((a, b) => compareCodePoints(a.id, b.id))
      .map((entry) => this.described(entry));
  }

  #changed(
    id: ThingId,
    before: RegisteredEntry | undefined,
    after: RegisteredEntry | undefined,
  ): void {
    if (this.living(id) !== undefined) return;
    this.#tell(id, this.#described(before), this.#described(after));
  }

  /** Users said something else about a Thing, if it is there. */
  #redescribed(id: string, metadata: StoredMetadata | undefined): void {
    const after = this.find(id);
    if (after !== undefined) this.#tell(after.id, { ...after, metadata }, after);
  }

  #tell(id: ThingId, before: DirectoryEntry | undefined, after: DirectoryEntry | undefined): void {
    this.#sorted = undefined;
    this.#revision++;
    const kind = kindOf(before, after);
    if (kind !== 'thing_updated') this.#membership++;
    for (const listener of this.#listeners) listener({ kind, id, before, after });
  }
}

interface Held {
  readonly registrations: HeldCollection<RegisteredEntry>;
  readonly metadata: HeldCollection<StoredMetadata>;
}

function kindOf(before: unknown, after: unknown): DirectoryChange['kind'] {
  if (before === undefined) return 'thing_created';
  return after === undefined ? 'thing_deleted' : 'thing_updated';
}
