import { type JsonValue, Problem, type Store, type StoredDocument } from '@thingtalk/core';
import { Turns } from './turns.ts';

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
  readonly #turns = new Turns();

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
          return this.#took(key, before, await this.#write(key, author, before, value));
        } catch (error) {
          const isOutrun = error instanceof Problem && lost.has(error.name);
          if (!isOutrun || !(await this.#refresh(key))) throw error;
        }
      }
    });
  }

  async #write(
    key: string,
    author: string,
    before: T | undefined,
    value: JsonValue | undefined,
  ): Promise<T | undefined> {
    const { store, collection, read } = this.#with;
    const options = { author, ifVersion: before?.version ?? 0 };
    if (value !== undefined) return read(await store.put(collection, key, value, options));
    if (before !== undefined) await store.delete(collection, key, options);
    return undefined;
  }

  #took(key: string, before: T | undefined, after: T | undefined): HeldChange<T> {
    if (after === undefined) this.#held.delete(key);
    else this.#held.set(key, after);
    const change = { before, after };
    this.#with.onChange?.(key, change);
    return change;
  }

  /** Looks what another process wrote; false when it wrote nothing. */
  async #refresh(key: string): Promise<boolean> {
    const { store, collection, read } = this.#with;
    const document = await store.get(collection, key);
    const before = this.#held.get(key);
    if (document?.version === before?.version) return false;
    this.#took(key, before, document && read(document));
    return true;
  }
}

/** How a store says that somebody else was faster. */
const lost: ReadonlySet<string> = new Set(['precondition-failed', 'not-found']);
