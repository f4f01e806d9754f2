import {
  type BusDirectory,
  type BusEntry,
  type ChangeOptions,
  type Clock,
  type DirectoryChange,
  type DirectoryEntry,
  type DirectoryLog,
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
import { Catalogue } from './catalogue.ts';
import { Expiry } from './expiry.ts';
import type { ForgottenThings } from './forgotten-things.ts';
import { type RegisteredDocument, readDocument } from './read-document.ts';
import { readMetadata } from './read-metadata.ts';
import { loggedCollections, RecordedChange } from './recorded-change.ts';
import { patchable, storedThing } from './registered-things.ts';
import { StoreLog } from './store-log.ts';

/** What a {@link Registry} works with; all but the store and what was forgotten are its own from now on. */
export interface RegistryParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly forgotten: ForgottenThings;
  /** The Things on the bus. */
  readonly living: BusDirectory;
  /** Collection in which they are kept. */
  readonly descriptions: string;
  readonly announcements: BusAnnouncements;
  readonly search: JsonPathSearch;
}

/** The directory of all Things, and what can be done to it. */
export class Registry implements ThingRegistry {
  readonly #with: RegistryParts;
  readonly #catalogue: Catalogue;
  readonly #log: StoreLog;
  readonly #expiry: Expiry;

  private constructor(parts: RegistryParts, catalogue: Catalogue, place: number) {
    const { registrations, metadata } = catalogue;
    this.#with = parts;
    this.#catalogue = catalogue;
    this.#log = new StoreLog({
      ...parts,
      place,
      collections: loggedCollections(parts.descriptions),
      held: [registrations, metadata, parts.forgotten.held],
      record: (change) => RecordedChange.of(change, catalogue),
    });
    this.#expiry = new Expiry({ ...parts, registered: registrations });
    catalogue.watch(({ after }) => {
      if (after?.kind === 'registered') this.#expiry.plan(after.expires);
    });
  }

  /** Reads what is stored, and purges what has expired since. */
  static async open(parts: RegistryParts): Promise<Registry> {
    // What is written from here on is followed.
    const place = await parts.store.place();
    const catalogue = await Catalogue.open(parts.store, parts.living);
    const registry = new Registry(parts, catalogue, place);
    await registry.#expiry.purge();
    return registry;
  }

  get log(): DirectoryLog {
    return this.#log;
  }

  get revision(): number {
    return this.#catalogue.revision;
  }

  get membership(): number {
    return this.#catalogue.membership;
  }

  find(id: string): DirectoryEntry | undefined {
    return this.#catalogue.find(id);
  }

  list(): readonly DirectoryEntry[] {
    return this.#catalogue.list();
  }

  watch(listener: (change: DirectoryChange) => void): () => void {
    return this.#catalogue.watch(listener);
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
    await this.#catalogue.registrations.change(id, options.author, (present) => {
      this.#check(id, options);
      if (present === undefined) throw notFound(id);
      return undefined;
    });
    await this.#catalogue.metadata.change(id, options.author, () => undefined);
  }

  async describe(
    id: string,
    metadata: JsonValue | undefined,
    options: ChangeOptions,
  ): Promise<StoredMetadata> {
    const value = readMetadata(metadata);
    const entry = this.find(id);
    if (entry === undefined) throw notFound(id);
    const { after } = await this.#catalogue.metadata.change(entry.id, options.author, () => {
      options.expect?.(this.find(entry.id));
      return value;
    });
    return after ?? { value: {}, version: 0 };
  }

  async forget(id: string, options: ChangeOptions): Promise<void> {
    const { living, forgotten, announcements } = this.#with;
    const entry = living.find(id);
    if (entry === undefined) {
      if (forgotten.find(id) !== undefined) return;
      if (this.#catalogue.registered(id) === undefined) throw notFound(id);
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
    await this.#log[Symbol.asyncDispose]();
    this.#expiry[Symbol.dispose]();
    this.#catalogue[Symbol.dispose]();
    this.#with.search[Symbol.dispose]();
  }

  async #register(
    id: ThingId,
    options: ChangeOptions,
    make: (present: RegisteredEntry | undefined) => RegisteredDocument,
  ): Promise<Registered> {
    const { before, after } = await this.#catalogue.registrations.change(
      id,
      options.author,
      (present) => {
        this.#check(id, options);
        return storedThing(make(present), present?.created ?? this.#now());
      },
    );
    if (after === undefined) throw notFound(id);
    return { before, after };
  }

  /** What lives on the bus describes itself. */
  #check(id: string, options: ChangeOptions): void {
    const living: BusEntry | undefined = this.#with.living.find(id);
    if (living !== undefined) {
      throw new Problem(
        'conflict',
        `${living.id} lives on the bus and describes itself there; POST /things/${living.id}/forget is how to be rid of it`,
      );
    }
    options.expect?.(this.find(id));
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
