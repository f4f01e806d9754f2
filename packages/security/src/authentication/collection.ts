import type { JsonValue, Store, StoredDocument } from '@thingtalk/core';

/** Called after a document became another: `undefined` when it is, or was, not there. */
export type CollectionListener<T> = (
  key: string,
  now: T | undefined,
  before: T | undefined,
) => void;

/** Most changes that are read at once. */
const pageSize = 1_000;

/**
 * A collection of the store held in memory as well, so that a door asks it without waiting.
 *
 * It follows what other gateways of the same database write. A document that is written here has been stored when the
 * promise resolves, and is what {@link get} gives from then on.
 */
export class Collection<T extends object> implements Disposable {
  readonly #store: Store;
  readonly #name: string;
  readonly #documents = new Map<string, T>();
  /** Of each key, the write that is known, so that an older one never takes its place. */
  readonly #known = new Map<string, Pick<StoredDocument, 'place' | 'version'>>();
  readonly #listeners = new Set<CollectionListener<T>>();
  #place = 0;
  #reading: Promise<void> = Promise.resolve();
  #unwatch = () => {};

  private constructor(store: Store, name: string) {
    this.#store = store;
    this.#name = name;
  }

  /** Reads the collection `name`, whose documents are all written by the caller's kind. */
  static async open<T extends object>(store: Store, name: string): Promise<Collection<T>> {
    const collection = new Collection<T>(store, name);
    await collection.#load();
    return collection;
  }

  get size(): number {
    return this.#documents.size;
  }

  get(key: string): T | undefined {
    return this.#documents.get(key);
  }

  entries(): MapIterator<[string, T]> {
    return this.#documents.entries();
  }

  values(): MapIterator<T> {
    return this.#documents.values();
  }

  /**
   * Writes a document.
   *
   * @param must what it has to be for that: new, or as it is known here. Default: anything.
   * @throws {@link Problem} `precondition-failed` when it is not; `storage-full`.
   */
  async put(
    key: string,
    value: T,
    author: string,
    must?: 'be-new' | 'be-unchanged',
  ): Promise<void> {
    const ifVersion = must === 'be-new' ? 0 : this.#known.get(key)?.version;
    const options =
      must === undefined || ifVersion === undefined ? { author } : { author, ifVersion };
    this.#apply(await this.#store.put(this.#name, key, value as unknown as JsonValue, options));
  }

  /** @throws {@link Problem} `not-found`, `storage-full`. */
  async delete(key: string, author: string): Promise<void> {
    await this.#store.delete(this.#name, key, { author });
    const newest = (await this.#store.versions(this.#name, key)).at(-1);
    if (newest !== undefined) this.#apply(newest);
  }

  /** Calls `listener` after each change. Returns how to stop. */
  onChange(listener: CollectionListener<T>): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  [Symbol.dispose](): void {
    this.#unwatch();
  }

  async #load(): Promise<void> {
    this.#place = await this.#store.place();
    // A reading that fails is made up for by the next one: the place moves on with what was read only.
    this.#unwatch = this.#store.watch(() => {
      this.#reading = this.#reading.then(() => this.#catchUp()).catch(() => {});
    });
    for (const document of await this.#store.list(this.#name)) this.#apply(document);
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      const changes = await this.#store.changes({
        collections: [this.#name],
        after: this.#place,
        limit: pageSize,
      });
      for (const change of changes) {
        this.#apply(change);
        this.#place = change.place;
      }
      if (changes.length < pageSize) return;
    }
  }

  #apply({ key, place, version, value }: StoredDocument): void {
    if ((this.#known.get(key)?.place ?? 0) >= place) return;
    this.#known.set(key, { place, version });
    const before = this.#documents.get(key);
    const now = value as unknown as T | undefined;
    if (now === undefined) this.#documents.delete(key);
    else this.#documents.set(key, now);
    if (now === undefined && before === undefined) return;
    for (const listener of this.#listeners) listener(key, now, before);
  }
}
