import {
  type JsonValue,
  Problem,
  type Store,
  type StoredDocument,
  Turns,
  type WriteOptions,
} from '@thingtalk/core';
import type { Stored } from './stored.ts';

/** Called after a document became another: `undefined` when it is, or was, not there. */
export type DocumentListener<T> = (id: string, now: T | undefined, before: T | undefined) => void;

/** How {@link HeldDocuments} are read. */
export interface HeldDocumentsOptions<T> {
  /** Makes of a document what is held of it. Default: the document, which nobody but the gateway wrote. */
  readonly read?: (value: JsonValue) => T;
  /** Called when what another process wrote cannot be read; what was there before is held on. Default: nothing is done. */
  readonly failed?: (error: unknown) => void;
}

/** How a document is written. */
export interface HeldWriteOptions extends Omit<WriteOptions, 'ifVersion'> {
  /** The version the writer has seen; 0 when it must be new; `held` for the one that is held here. Default: whatever is there. */
  readonly ifVersion?: number | 'held';
}

/** Most changes that are read at a time. */
const pageSize = 1_000;

/**
 * A collection of a store held in memory as well, so that a door asks it without waiting.
 *
 * It follows what other gateways of the same database write. A document that is written here has been stored when the
 * promise resolves, and is what {@link get} gives from then on.
 */
export class HeldDocuments<T extends object> implements Disposable {
  readonly #store: Store;
  readonly #collection: string;
  readonly #read: (value: JsonValue) => T;
  readonly #failed: (error: unknown) => void;
  readonly #held = new Map<string, Stored<T>>();
  /** Of each id the place of the write that is known, also of a deletion: an older one never takes its place. */
  readonly #places = new Map<string, number>();
  readonly #listeners = new Set<DocumentListener<T>>();
  readonly #turns = new Turns<'read'>();
  #place = 0;
  #unwatch = () => {};

  private constructor(
    store: Store,
    collection: string,
    { read = (value) => value as unknown as T, failed = () => {} }: HeldDocumentsOptions<T>,
  ) {
    this.#store = store;
    this.#collection = collection;
    this.#read = read;
    this.#failed = failed;
  }

  /**
   * Reads a collection.
   *
   * @throws whatever `read` throws of a document: what is not understood must not be followed in part.
   */
  static async open<T extends object>(
    store: Store,
    collection: string,
    options: HeldDocumentsOptions<T> = {},
  ): Promise<HeldDocuments<T>> {
    const opened = new HeldDocuments(store, collection, options);
    await opened.#load();
    return opened;
  }

  get size(): number {
    return this.#held.size;
  }

  get(id: string): T | undefined {
    return this.#held.get(id)?.value;
  }

  /** A document with who wrote it and when. */
  stored(id: string): Stored<T> | undefined {
    return this.#held.get(id);
  }

  /** All of them, in no particular order. */
  *values(): Generator<T, void> {
    for (const { value } of this.#held.values()) yield value;
  }

  /** All of them with who wrote them and when, in the order of their ids. */
  list(): readonly Stored<T>[] {
    return [...this.#held.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /**
   * Writes a document.
   *
   * @throws {@link Problem} `precondition-failed` when it is not at `ifVersion`; `storage-full`.
   */
  async put(id: string, value: T, { author, ifVersion }: HeldWriteOptions): Promise<Stored<T>> {
    const seen = ifVersion === 'held' ? this.#versionOf(id) : ifVersion;
    const options = seen === undefined ? { author } : { author, ifVersion: seen };
    const document = await this.#store.put(
      this.#collection,
      id,
      value as unknown as JsonValue,
      options,
    );
    this.#apply(document);
    const { version, time } = document;
    return { id, value, version, author, time };
  }

  /** @throws {@link Problem} `not-found`, `precondition-failed`, `storage-full`. */
  async delete(id: string, options: WriteOptions): Promise<void> {
    await this.#store.delete(this.#collection, id, options);
    const newest = (await this.#store.versions(this.#collection, id)).at(-1);
    if (newest !== undefined) this.#apply(newest);
  }

  /** Calls `listener` after each change. Returns how to stop. */
  onChange(listener: DocumentListener<T>): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  [Symbol.dispose](): void {
    this.#unwatch();
  }

  async #load(): Promise<void> {
    this.#place = await this.#store.place();
    // What cannot be asked for now comes with the next time: the place moves on with what came only.
    const follow = () => this.#turns.take('read', () => this.#follow()).catch(this.#failed);
    this.#unwatch = this.#store.watch(() => void follow());
    try {
      for (const document of await this.#store.list(this.#collection)) this.#apply(document);
    } catch (error) {
      this.#unwatch();
      throw error;
    }
  }

  async #follow(): Promise<void> {
    for (;;) {
      const changes = await this.#store.changes({
        collections: [this.#collection],
        after: this.#place,
        limit: pageSize,
      });
      for (const change of changes) {
        this.#place = change.place;
        this.#tryToApply(change);
      }
      if (changes.length < pageSize) return;
    }
  }

  /** One that cannot be read does not keep those that come after it from being followed. */
  #tryToApply(document: StoredDocument): void {
    try {
      this.#apply(document);
    } catch (error) {
      this.#failed(error);
    }
  }

  #apply({ key: id, place, value, version, author, time }: StoredDocument): void {
    if ((this.#places.get(id) ?? 0) >= place) return;
    const now = value === undefined ? undefined : this.#read(value);
    const before = this.#held.get(id)?.value;
    this.#places.set(id, place);
    if (now === undefined) this.#held.delete(id);
    else this.#held.set(id, { id, value: now, version, author, time });
    if (now === undefined && before === undefined) return;
    for (const listener of this.#listeners) listener(id, now, before);
  }

  #versionOf(id: string): number {
    const held = this.#held.get(id);
    if (held !== undefined) return held.version;
    throw new Problem(
      'precondition-failed',
      `'${id}' of ${this.#collection} is not there any more`,
    );
  }
}
