import {
  type BusDirectory,
  type BusEntry,
  type ChangeOptions,
  type Clock,
  compareCodePoints,
  type DirectoryChange,
  type DirectoryEntry,
  isJsonObject,
  type JsonValue,
  type Logger,
  mergePatch,
  Problem,
  type Registered,
  type RegisteredEntry,
  type Store,
  type StoredMetadata,
  type ThingId,
  type ThingRegistry,
} from '@thingtalk/core';
import type { JsonPathSearch } from '../search/jsonpath-search.ts';
import type { BusAnnouncements } from './bus-announcements.ts';
import { Expiry } from './expiry.ts';
import type { ForgottenThings } from './forgotten-things.ts';
import { HeldCollection } from './held-collection.ts';
import { type RegisteredDocument, readDocument } from './read-document.ts';
import { metadataCollection, readMetadata, storedMetadata } from './read-metadata.ts';
import {
  patchable,
  registeredCollection,
  registeredEntry,
  storedThing,
} from './registered-things.ts';

/** What a {@link Registry} works with; all but the store and what was forgotten are its own from now on. */
export interface RegistryParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly forgotten: ForgottenThings;
  /** The Things on the bus. */
  readonly living: BusDirectory;
  readonly announcements: BusAnnouncements;
  readonly search: JsonPathSearch;
}

/** The directory of all Things: those on the bus, beside those registered by hand. A living Thing hides one registered under its id. */
export class Registry implements ThingRegistry {
  readonly #with: RegistryParts;
  readonly #registered: HeldCollection<RegisteredEntry>;
  readonly #metadata: HeldCollection<StoredMetadata>;
  readonly #listeners = new Set<(change: DirectoryChange) => void>();
  readonly #expiry: Expiry;
  readonly #stop: () => void;
  #sorted: readonly DirectoryEntry[] | undefined;
  #revision = 0;
  #membership = 0;

  private constructor(
    parts: RegistryParts,
    registered: HeldCollection<RegisteredEntry>,
    metadata: HeldCollection<StoredMetadata>,
  ) {
    this.#with = parts;
    this.#registered = registered;
    this.#metadata = metadata;
    this.#expiry = new Expiry({ ...parts, registered });
    this.#stop = parts.living.watch(({ id, before, after }) => {
      const hidden = registered.get(id);
      this.#tell(id, this.#described(before ?? hidden), this.#described(after ?? hidden));
    });
  }

  /** Reads what is stored, and purges what has expired since. */
  static async open(parts: RegistryParts): Promise<Registry> {
    const { store } = parts;
    const registered = await HeldCollection.open({
      store,
      collection: registeredCollection,
      read: registeredEntry,
      onChange: (key, { before, after }) => registry.#changed(key as ThingId, before, after),
    });
    const metadata = await HeldCollection.open({
      store,
      collection: metadataCollection,
      read: storedMetadata,
    });
    const registry: Registry = new Registry(parts, registered, metadata);
    await registry.#expiry.purge();
    return registry;
  }

  get revision(): number {
    return this.#revision;
  }

  get membership(): number {
    return this.#membership;
  }

  find(id: string): DirectoryEntry | undefined {
    return this.#described(this.#with.living.find(id) ?? this.#registered.get(id));
  }

  list(): readonly DirectoryEntry[] {
    this.#sorted ??= this.#sort();
    return this.#sorted;
  }

  watch(listener: (change: DirectoryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async create(document: JsonValue | undefined, options: ChangeOptions): Promise<RegisteredEntry> {
    if (isJsonObject(document) && document.id !== undefined) {
      throw new Problem('td-invalid', 'a Thing Description with an id is registered by PUT', {
        validationErrors: [
          { field: '/id', description: 'an anonymous Thing Description has no id' },
        ],
      });
    }
    const id = `urn:uuid:${crypto.randomUUID()}` as ThingId;
    const named = isJsonObject(document) ? { ...document, id } : document;
    const { after } = await this.#register(id, options, () => readDocument(named, this.#now()));
    return after;
  }

  async put(
    id: string,
    document: JsonValue | undefined,
    options: ChangeOptions,
  ): Promise<Registered> {
    const read = readDocument(document, this.#now());
    mustBe(id, read.td.id);
    return this.#register(id as ThingId, options, () => read);
  }

  async patch(
    id: string,
    patch: JsonValue | undefined,
    options: ChangeOptions,
  ): Promise<RegisteredEntry> {
    if (!isJsonObject(patch)) throw new Problem('payload-invalid', 'a merge patch is an object');
    const { after } = await this.#register(id as ThingId, options, (present) => {
      if (present === undefined) throw notFound(id);
      const patched = mergePatch(patchable(present), patch);
      const document = readDocument(patched, this.#now());
      mustBe(id, document.td.id);
      return document;
    });
    return after;
  }

  async delete(id: string, options: ChangeOptions): Promise<void> {
    await this.#registered.change(id, options.author, (present) => {
      this.#check(id, options);
      if (present === undefined) throw notFound(id);
      return undefined;
    });
    await this.#metadata.change(id, options.author, () => undefined);
  }

  async describe(
    id: string,
    metadata: JsonValue | undefined,
    options: ChangeOptions,
  ): Promise<StoredMetadata> {
    const value = readMetadata(metadata);
    const entry = this.find(id);
    if (entry === undefined) throw notFound(id);
    const { after } = await this.#metadata.change(entry.id, options.author, () => {
      options.expect?.(this.find(entry.id));
      return value;
    });
    const described = this.find(entry.id);
    if (described !== undefined) this.#tell(entry.id, entry, described);
    return after ?? { value: {}, version: 0 };
  }

  async forget(id: string, options: ChangeOptions): Promise<void> {
    const { living, forgotten, announcements } = this.#with;
    const entry = living.find(id);
    if (entry === undefined) {
      if (forgotten.find(id) !== undefined) return;
      if (this.#registered.get(id) === undefined) throw notFound(id);
      throw new Problem('conflict', `${id} was registered by hand: it is deleted by DELETE`);
    }
    options.expect?.(this.find(id));
    const kept = await announcements.kept(entry.level);
    await forgotten.add(entry.id, entry.level, kept, options.author);
    await announcements.clear(entry.level);
  }

  async adopt(id: string, { author }: ChangeOptions): Promise<void> {
    const { forgotten, announcements } = this.#with;
    const thing = forgotten.find(id);
    if (thing === undefined) throw new Problem('thing-not-found', `'${id}' was not forgotten`);
    // What it said while nobody listened is newer than what it had said before.
    const kept = { ...thing.kept, ...(await announcements.kept(thing.level)) };
    await forgotten.remove(thing.id, author);
    await announcements.say(thing.level, kept);
  }

  search(query: string, documents: string): Promise<string> {
    return this.#with.search.search(query, documents);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    this.#listeners.clear();
    this.#expiry[Symbol.dispose]();
    this.#with.living[Symbol.dispose]();
    this.#with.search[Symbol.dispose]();
  }

  async #register(
    id: ThingId,
    options: ChangeOptions,
    make: (present: RegisteredEntry | undefined) => RegisteredDocument,
  ): Promise<Registered> {
    const { before, after } = await this.#registered.change(id, options.author, (present) => {
      this.#check(id, options);
      return storedThing(make(present), present?.created ?? this.#now());
    });
    if (after === undefined) throw notFound(id);
    return { before, after };
  }

  /** What lives on the bus describes itself. */
  #check(id: string, options: ChangeOptions): void {
    const living: BusEntry | undefined = this.#with.living.find(id);
    if (living !== undefined) {
      throw new Problem(
        'conflict',
        `${living.id} lives on the bus and describes itself there; forget it to be rid of it`,
      );
    }
    options.expect?.(this.find(id));
  }

  #described<E extends DirectoryEntry>(entry: E | undefined): E | undefined {
    const metadata = entry && this.#metadata.get(entry.id);
    return entry && metadata ? { ...entry, metadata } : entry;
  }

  #sort(): readonly DirectoryEntry[] {
    const { living } = this.#with;
    const entries: DirectoryEntry[] = [...living.list()];
    for (const [id, entry] of this.#registered.entries()) {
      if (living.find(id) === undefined) entries.push(entry);
    }
    // Two runs that are nearly in order: a sort merges them.
    return entries
      .sort((a, b) => compareCodePoints(a.id, b.id))
      .map((entry) => this.#described(entry) ?? entry);
  }

  #changed(
    id: ThingId,
    before: RegisteredEntry | undefined,
    after: RegisteredEntry | undefined,
  ): void {
    this.#expiry.plan(after?.expires);
    if (this.#with.living.find(id) !== undefined) return;
    this.#tell(id, this.#described(before), this.#described(after));
  }

  #tell(id: ThingId, before: DirectoryEntry | undefined, after: DirectoryEntry | undefined): void {
    this.#sorted = undefined;
    this.#revision++;
    const kind =
      before === undefined
        ? 'thing_created'
        : after === undefined
          ? 'thing_deleted'
          : 'thing_updated';
    if (kind !== 'thing_updated') this.#membership++;
    for (const listener of this.#listeners) listener({ kind, id, before, after });
  }

  #now(): number {
    return this.#with.clock.now();
  }
}

function notFound(id: string): Problem {
  return new Problem('thing-not-found', `no Thing has the id '${id}'`);
}

/** The id under which a Thing is registered stays what it is. */
function mustBe(id: string, said: JsonValue | undefined): void {
  if (said === id) return;
  const description = `${JSON.stringify(said)} is not the id '${id}' of the address`;
  throw new Problem('td-invalid', `the Thing Description at /id: ${description}`, {
    validationErrors: [{ field: '/id', description }],
  });
}
