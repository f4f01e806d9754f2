import type { JsonValue } from '../data/json.ts';
import type { ThingId } from '../td/thing-id.ts';
import type { ThingRecord } from './things.ts';

/** What a user adds to a Thing; kept apart from what the Thing says of itself, which it survives. */
export interface ThingMetadata {
  /** Stands in place of the Thing's own title. */
  readonly title?: string;
  readonly tags?: readonly string[];
  readonly notes?: string;
}

/** Metadata as it was stored. */
export interface StoredMetadata {
  readonly value: ThingMetadata;
  /** Counts its changes. */
  readonly version: number;
}

/** When a Thing came into a directory, and how it has changed there since. */
export interface EntryHistory {
  /** When it came into the directory, in milliseconds since 1970. */
  readonly created: number;
  /** When its Thing Description was last changed, in milliseconds since 1970. */
  readonly modified: number;
  /** Counts the changes of the Thing Description. */
  readonly version: number;
}

interface Entry extends EntryHistory {
  readonly id: ThingId;
  readonly metadata?: StoredMetadata | undefined;
}

/** A Thing that lives on the bus. `created` is when it was first heard of; where things are stored, over all restarts. */
export interface BusEntry extends Entry, Pick<ThingRecord, 'level' | 'head' | 'shape'> {
  readonly kind: 'bus';
}

/** A Thing Description that somebody registered by hand. */
export interface RegisteredEntry extends Entry {
  readonly kind: 'registered';
  /** The Thing Description as JSON text: as it was registered, with its id, without `registration`. */
  readonly json: string;
  /** When it is to be purged, in milliseconds since 1970. Default: never. */
  readonly expires?: number | undefined;
  /** Seconds from the last registration to `expires`, where the client said it that way. */
  readonly ttl?: number | undefined;
}

/** What a directory holds; told apart by `kind`. Never changes: a change makes a new one. */
export type DirectoryEntry = BusEntry | RegisteredEntry;

/** Something that happened to a directory. `before` is missing when it was created, `after` when it was deleted. */
export interface DirectoryChange {
  readonly kind: 'thing_created' | 'thing_updated' | 'thing_deleted';
  readonly id: ThingId;
  readonly before: DirectoryEntry | undefined;
  readonly after: DirectoryEntry | undefined;
}

/** A change with its place among all: later ones have higher places. */
export interface LoggedChange extends DirectoryChange {
  readonly place: number;
}

/** A part of a {@link DirectoryLog}. */
export interface LogPage {
  /** Oldest first. */
  readonly changes: readonly LoggedChange[];
  /** Where to read on. */
  readonly place: number;
}

/** The changes of a directory, in the order in which all hear of them. */
export interface DirectoryLog {
  /** Place of the newest change. */
  readonly place: number;
  /** Whether `place` is one of this log: whoever reads on from there ends with what there is. */
  reaches(place: number): Promise<boolean>;
  /** What came after `place`, at most `limit` changes of it. */
  read(place: number, limit: number): Promise<LogPage>;
  /** Calls `listener` whenever {@link place} has moved on. Returns how to stop. */
  watch(listener: () => void): () => void;
}

/**
 * Finds Thing Descriptions.
 *
 * @see {@link https://www.w3.org/TR/wot-discovery/#exploration-directory | WoT Discovery, 7.3}
 */
export interface ThingDirectory {
  /** Finds one by its id or, for a bare device, by its topic level. Costs one look-up. */
  find(id: string): DirectoryEntry | undefined;
  /** All of them by id, in code point order. The same array until something changes. */
  list(): readonly DirectoryEntry[];
  /** Counts all changes. */
  readonly revision: number;
  /** Counts those that make or delete an entry: what shifts the pages of a list. */
  readonly membership: number;
  /** Calls `listener` after each change, in order. Returns how to stop. */
  watch(listener: (change: DirectoryChange) => void): () => void;
}

/** What a registration made, and of what. */
export interface Registered {
  /** `undefined` when it is new. */
  readonly before: RegisteredEntry | undefined;
  readonly after: RegisteredEntry;
}

/** How a directory is changed. */
export interface ChangeOptions {
  /** Who does it: a principal, or the part of the gateway that does. */
  readonly author: string;
  /** Called with what is there right before it is changed: throws when that is not what the author has seen. */
  readonly expect?: (present: DirectoryEntry | undefined) => void;
}

/**
 * A directory in which Thing Descriptions can be registered beside the Things on the bus. What resolves is stored.
 *
 * A Thing that lives on the bus describes itself: changing its description here is refused with `conflict`.
 */
export interface ThingRegistry extends ThingDirectory, AsyncDisposable {
  /** What happened to it, as far back as the store keeps versions; of what is registered the same for all who share the store. */
  readonly log: DirectoryLog;
  /**
   * Registers an anonymous Thing Description under a new `urn:uuid:` id.
   *
   * @throws {@link Problem} `td-invalid` with `validationErrors`.
   */
  create(document: JsonValue | undefined, options: ChangeOptions): Promise<RegisteredEntry>;
  /** Registers a Thing Description under its own id, or replaces the one that was there `before`. */
  put(id: string, document: JsonValue | undefined, options: ChangeOptions): Promise<Registered>;
  /** Changes parts of a registered Thing Description by a merge patch (RFC 7396), and renews its `ttl`. */
  patch(id: string, patch: JsonValue | undefined, options: ChangeOptions): Promise<RegisteredEntry>;
  /** Deletes a registered Thing Description, and what users added to it. */
  delete(id: string, options: ChangeOptions): Promise<void>;
  /** Replaces what users added to a Thing; of the bus, or registered. */
  describe(
    id: string,
    metadata: JsonValue | undefined,
    options: ChangeOptions,
  ): Promise<StoredMetadata>;
  /** Clears a Thing from the bus, and ignores it when it announces itself again, until it is adopted. */
  forget(id: string, options: ChangeOptions): Promise<void>;
  /** Takes a forgotten Thing again: as it was when it was forgotten, or as it has announced itself since. */
  adopt(id: string, options: ChangeOptions): Promise<void>;
  /**
   * Selects from JSON documents by a JSONPath query (RFC 9535), in bounded time and memory.
   *
   * @param documents JSON text; the same text asked again is not parsed again.
   * @returns the JSON text of an array of what was selected.
   * @throws {@link Problem} `bad-request` when the query is none, or costs too much; `overloaded`.
   */
  search(query: string, documents: string): Promise<string>;
}
