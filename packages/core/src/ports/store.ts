import type { JsonValue } from '../data/json.ts';
import type { Problem } from '../problem/problem.ts';

/** A document as it was written once; each write makes a new version, and old ones stay as they were until they go. */
export interface StoredDocument {
  readonly collection: string;
  readonly key: string;
  /** Counts the writes of this document from 1; a deletion counts too. */
  readonly version: number;
  /** Who wrote it: a principal, or the part of the gateway that did. */
  readonly author: string;
  /** When it was written, in milliseconds since 1970. */
  readonly time: number;
  /** Counts the writes of all documents: later ones have higher places, whatever clocks say. */
  readonly place: number;
  /** `undefined` when this version is the deletion. */
  readonly value: JsonValue | undefined;
}

/** A document whose value is the JSON text that was stored, unread. */
export interface StoredText extends Omit<StoredDocument, 'value'> {
  readonly text: string;
}

/** A version, and what it took the place of. */
export interface StoredChange extends StoredDocument {
  /** The version before; `undefined` when there was none, or it was a deletion. */
  readonly before: { readonly value: JsonValue; readonly time: number } | undefined;
  /** Whether there was a version before that is kept no more, and so cannot be said. Default false. */
  readonly isCut?: boolean;
}

/** Which changes are wanted. */
export interface ChangesWanted {
  readonly collections: readonly string[];
  /** Only what was written after this {@link StoredDocument.place}; 0 for all. */
  readonly after: number;
  readonly limit: number;
}

/** How a document is written. */
export interface WriteOptions {
  readonly author: string;
  /** The version the writer has seen; 0 when it must not exist, or be deleted. Default: whatever is there. */
  readonly ifVersion?: number;
}

/** One of several writes that are stored together. */
export interface StoreWrite extends WriteOptions {
  readonly collection: string;
  readonly key: string;
  /** `undefined` deletes. */
  readonly value: JsonValue | undefined;
}

/** Which documents are wanted. */
export interface ListOptions {
  /** Only keys after this one, in code point order. */
  readonly after?: string;
  /** Default: all. */
  readonly limit?: number;
}

/**
 * Documents by collection and key, with all their versions. A promise that resolves means stored: on disk, not on its way.
 *
 * Collections, keys and authors are any text of at most 1,024 bytes without NUL and halves of surrogate pairs.
 * Every implementation runs `storeConformance` from `@thingtalk/core/testing`.
 */
export interface Store extends AsyncDisposable {
  /** The newest version; `undefined` when there is none, or it is a deletion. */
  get(collection: string, key: string): Promise<StoredDocument | undefined>;
  /** @throws {@link Problem} `precondition-failed` when `ifVersion` is not the newest; `storage-full`; `bad-request` for a name that cannot be kept. */
  put(
    collection: string,
    key: string,
    value: JsonValue,
    options: WriteOptions,
  ): Promise<StoredDocument>;
  /** @throws {@link Problem} `not-found`, `precondition-failed`, `storage-full`. */
  delete(collection: string, key: string, options: WriteOptions): Promise<void>;
  /**
   * Does several writes by one commit, in their order, each as {@link put} or {@link delete} does it: one that is refused
   * leaves the others as they are.
   *
   * @returns for each write why it was refused; `undefined` when it is stored.
   * @throws {@link Problem} `storage-full`, `storage-unreachable`: then none is stored.
   */
  writeAll(writes: readonly StoreWrite[]): Promise<readonly (Problem | undefined)[]>;
  /** Newest versions in order of their keys, deletions left out. */
  list(collection: string, options?: ListOptions): Promise<readonly StoredDocument[]>;
  /** What {@link list} gives, its values unread: for who hands most of them on. */
  listTexts(collection: string, options?: ListOptions): Promise<readonly StoredText[]>;
  /** The versions of one document that are kept, at least the newest hundred: oldest first, deletions among them. */
  versions(collection: string, key: string): Promise<readonly StoredDocument[]>;
  /** What was written, oldest first, deletions among it. Once something was given, nothing comes in before it any more. */
  changes(wanted: ChangesWanted): Promise<readonly StoredChange[]>;
  /** The highest {@link StoredDocument.place} so far; 0 when nothing was ever written. */
  place(): Promise<number>;
  /** Calls `listener` when something may have been written, by this process or by another that shares the database. Returns how to stop. */
  watch(listener: () => void): () => void;
}
