import { type JsonValue, Problem, type Store, type StoredDocument, Turns } from '@thingtalk/core';

/** What became of a document: missing before it was made, and after it was deleted. */
export interface HeldChange<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** Said instead of a value by who wants a document to stay as it is. */
export const unchanged: unique symbol = Symbol('unchanged');

/** What a {@link HeldCollection} is made of. */
export interface HeldCollectionParts<T> {
  readonly store: Store;
  readonly collection: string;
  /** Makes of a document what is held of it. */
  readonly read: (document: StoredDocument) => T;
  /** Called after each change, in order. */
  readonly onChange?: (key: string, change: HeldChange<T>) => void;
}

/**
 * A collection of a store, held in memory: read without waiting, written through.
 *
 * Of several who change one document each sees what the one before made, also where those are other processes.
 */
export class HeldCollection<T extends { readonly version: number }> {
  readonly #with: HeldCollectionParts<T>;
  readonly #held = new Map<string, T>();
  readonly #turns = new Turns<string>();
  /** Versions of deletions that older writes may still come after. */
  readonly #deleted = new Map<string, number>();
  /** Everything up to this place of the store was taken. */
  #followed = 0;

  private constructor(parts: HeldCollectionParts<T>) {
    this.#with = parts;
  }

  /** Reads the collection. */
  static async open<T extends { readonly version: number }>(
    parts: HeldCollectionParts<T>,
  ): Promise<HeldCollection<T>> {
    const opened = new HeldCollection(parts);
    for (const document of await parts.store.list(parts.collection)) {
      opened.#held.set(document.key, parts.read(document));
    }
    return opened;
  }

  /** Name of the collection. */
  get name(): string {
    return this.#with.collection;
  }

  get(key: string): T | undefined {
    return this.#held.get(key);
  }

  /** All that is held, in no particular order. */
  entries(): IterableIterator<[key: string, held: T]> {
    return this.#held.entries();
  }

  /**
   * Changes one document.
   *
   * @param make given what is there, says what shall be: `undefined` deletes it. Asked again when another process was faster.
   * @throws whatever `make` throws, and {@link Problem} `storage-full`.
   */
  change(
    key: string,
    author: string,
    make: (present: T | undefined) => JsonValue | typeof unchanged | undefined,
  ): Promise<HeldChange<T>> {
    return this.#turns.take(key, async () => {
      for (;;) {
        const before = this.#held.get(key);
        const value = make(before);
        if (value === unchanged) return { before, after: before };
        try {
          return { before, after: await this.#write(key, author, before, value) };
        } catch (error) {
          const isOutrun = error instanceof Problem && lost.has(error.name);
          if (!isOutrun || !(await this.#refresh(key, before?.version))) throw error;
        }
      }
    });
  }

  /** Takes what was written, by whomever; of the changes of a store each must come here, in their order. */
  take(document: StoredDocument): void {
    const { key, version, place, value } = document;
    this.#followed = place;
    this.#settle(key, version, value === undefined ? undefined : this.#with.read(document));
    // Nothing older comes after it.
    if (value === undefined) this.#deleted.delete(key);
  }

  async #write(
    key: string,
    author: string,
    before: T | undefined,
    value: JsonValue | undefined,
  ): Promise<T | undefined> {
    const { store, collection, read } = this.#with;
    const options = { author, ifVersion: before?.version ?? 0 };
    if (value !== undefined) {
      const document = await store.put(collection, key, value, options);
      const after = read(document);
      if (document.place > this.#followed) this.#settle(key, document.version, after);
      return after;
    }
    if (before === undefined) return undefined;
    await store.delete(collection, key, options);
    this.#settle(key, before.version + 1, undefined);
    return undefined;
  }

  /** Holds a version, unless a newer one is held. */
  #settle(key: string, version: number, after: T | undefined): void {
    const before = this.#held.get(key);
    if (version <= (before?.version ?? this.#deleted.get(key) ?? 0)) return;
    if (after !== undefined) {
      this.#held.set(key, after);
      this.#deleted.delete(key);
    } else if (before !== undefined) {
      this.#held.delete(key);
      this.#deleted.set(key, version);
    } else return;
    this.#with.onChange?.(key, { before, after });
  }

  /** Looks what another process wrote; false when there is nothing but the version that was `seen`. */
  async #refresh(key: string, seen: number | undefined): Promise<boolean> {
    const { store, collection, read } = this.#with;
    const document = await store.get(collection, key);
    const held = this.#held.get(key);
    if (document !== undefined) this.#settle(key, document.version, read(document));
    else if (held !== undefined) this.#settle(key, held.version + 1, undefined);
    return this.#held.get(key)?.version !== seen;
  }
}

/** How a store says that somebody else was faster. */
const lost: ReadonlySet<string> = new Set(['precondition-failed', 'not-found']);
