import type {
  Clock,
  JsonValue,
  ListOptions,
  Store,
  StoredDocument,
  WriteOptions,
} from '@thingtalk/core';
import type { SpaceWatch } from '../journal/space-watch.ts';
import { checkName } from '../schema/names.ts';
import type { Documents } from './documents.ts';

/** Where the documents are: here, or in another thread. */
export type DocumentSource = Pick<Documents, 'newest' | 'versions' | 'list' | 'write'>;

/** What a {@link DocumentStore} works with. */
export interface DocumentStoreParts {
  readonly documents: DocumentSource;
  readonly clock: Clock;
  readonly space: SpaceWatch;
  /** Called once, when the store is disposed of. */
  readonly close: () => Promise<void>;
}

/** A {@link Store} over a database. */
export class DocumentStore implements Store {
  readonly #documents: DocumentSource;
  readonly #clock: Clock;
  readonly #space: SpaceWatch;
  readonly #close: () => Promise<void>;

  constructor({ documents, clock, space, close }: DocumentStoreParts) {
    this.#documents = documents;
    this.#clock = clock;
    this.#space = space;
    this.#close = close;
  }

  async get(collection: string, key: string): Promise<StoredDocument | undefined> {
    checkPlace(collection, key);
    const newest = await this.#documents.newest(collection, key);
    return newest?.value === undefined ? undefined : newest;
  }

  put(
    collection: string,
    key: string,
    value: JsonValue,
    options: WriteOptions,
  ): Promise<StoredDocument> {
    return this.#write(collection, key, JSON.stringify(value), options);
  }

  async delete(collection: string, key: string, options: WriteOptions): Promise<void> {
    await this.#write(collection, key, null, options);
  }

  async list(collection: string, options: ListOptions = {}): Promise<readonly StoredDocument[]> {
    checkName('collection', collection);
    return this.#documents.list(collection, options);
  }

  async versions(collection: string, key: string): Promise<readonly StoredDocument[]> {
    checkPlace(collection, key);
    return this.#documents.versions(collection, key);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }

  async #write(
    collection: string,
    key: string,
    value: string | null,
    { author, ifVersion }: WriteOptions,
  ): Promise<StoredDocument> {
    checkPlace(collection, key);
    checkName('author', author);
    this.#space.admit();
    try {
      return await this.#documents.write({
        collection,
        key,
        value,
        author,
        time: this.#clock.now(),
        ...(ifVersion !== undefined && { ifVersion }),
      });
    } catch (error) {
      this.#space.notice(error);
      throw error;
    }
  }
}

function checkPlace(collection: string, key: string): void {
  checkName('collection', collection);
  checkName('key', key);
}
