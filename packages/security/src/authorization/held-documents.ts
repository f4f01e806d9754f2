import {
  type JsonValue,
  type Store,
  type StoredDocument,
  Turns,
  type WriteOptions,
} from '@thingtalk/core';
import type { Stored } from './grant.ts';

/** Most changes that are read at a time. */
const pageSize = 1_000;

/** What {@link HeldDocuments} are made of. */
export interface HeldDocumentsParts<T> {
  readonly store: Store;
  readonly collection: string;
  /** Makes of a document what is held of it. */
  readonly read: (value: JsonValue) => T;
  /** Called after each change. */
  readonly changed: () => void;
  /** Called when what another process wrote cannot be read. */
  readonly failed: (error: unknown) => void;
}

/** A collection of a store held in memory, with who wrote each document and when; it follows what other processes write. */
export class HeldDocuments<T extends JsonValue> implements Disposable {
  readonly #with: HeldDocumentsParts<T>;
  readonly #held = new Map<string, Stored<T>>();
  /** Of each key the place of the write that is held: an older one never takes its place. */
  readonly #places = new Map<string, number>();
  readonly #turns = new Turns<'read'>();
  #place = 0;
  #stop = () => {};

  private constructor(parts: HeldDocumentsParts<T>) {
    this.#with = parts;
  }

  /**
   * Reads a collection.
   *
   * @throws whatever `read` throws of a document: a policy that is not understood must not be followed in part.
   */
  static async open<T extends JsonValue>(parts: HeldDocumentsParts<T>): Promise<HeldDocuments<T>> {
    const opened = new HeldDocuments(parts);
    const { store, collection } = parts;
    opened.#place = await store.place();
    opened.#stop = store.watch(() => void opened.#follow());
    for (const document of await store.list(collection)) opened.#take(document);
    return opened;
  }

  get(id: string): Stored<T> | undefined {
    return this.#held.get(id);
  }

  /** All of them, in the order of their ids. */
  list(): readonly Stored<T>[] {
    return [...this.#held.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** @throws {@link Problem} `precondition-failed`, `storage-full`. */
  async put(id: string, value: T, options: WriteOptions): Promise<Stored<T>> {
    const document = await this.#with.store.put(this.#with.collection, id, value, options);
    this.#apply(document);
    const { version, author, time } = document;
    return { id, value, version, author, time };
  }

  /** @throws {@link Problem} `not-found`, `precondition-failed`, `storage-full`. */
  async delete(id: string, options: WriteOptions): Promise<void> {
    const { store, collection } = this.#with;
    await store.delete(collection, id, options);
    const newest = (await store.versions(collection, id)).at(-1);
    if (newest !== undefined) this.#apply(newest);
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  async #follow(): Promise<void> {
    await this.#turns.take('read', () => this.#readOn()).catch(this.#with.failed);
  }

  async #readOn(): Promise<void> {
    const { store, collection } = this.#with;
    for (;;) {
      const wanted = { collections: [collection], after: this.#place, limit: pageSize };
      const changes = await store.changes(wanted);
      for (const change of changes) {
        this.#place = change.place;
        this.#apply(change);
      }
      if (changes.length < pageSize) return;
    }
  }

  #apply(document: StoredDocument): void {
    if (this.#take(document)) this.#with.changed();
  }

  /** @returns whether it says something new. */
  #take({ key, place, value, version, author, time }: StoredDocument): boolean {
    if ((this.#places.get(key) ?? 0) >= place) return false;
    const read = value === undefined ? undefined : this.#with.read(value);
    this.#places.set(key, place);
    if (read === undefined) return this.#held.delete(key);
    this.#held.set(key, { id: key, value: read, version, author, time });
    return true;
  }
}
