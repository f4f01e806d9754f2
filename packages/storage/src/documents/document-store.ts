import {
  asProblem,
  type ChangesWanted,
  type Clock,
  type JsonValue,
  type ListOptions,
  type Problem,
  type Store,
  type StoredChange,
  type StoredDocument,
  type StoredText,
  type StoreWrite,
  type Timer,
  type WriteOptions,
} from '@thingtalk/core';
import type { SpaceWatch } from '../journal/space-watch.ts';
import { checkName } from '../schema/names.ts';
import type { DocumentRow } from '../schema/tables.ts';
import type { ChangeRow, Documents, DocumentWrite, LivingRow, Refusals } from './documents.ts';

/** Where the documents are: here, or in another thread. */
export type DocumentSource = Pick<
  Documents,
  'newest' | 'versions' | 'changes' | 'place' | 'write' | 'writeAll'
> & {
  /** Newest versions in order of their keys, deletions left out. */
  list(collection: string, options: ListOptions): Promise<readonly StoredText[]>;
};

/** What a {@link DocumentStore} works with. */
export interface DocumentStoreParts {
  readonly documents: DocumentSource;
  readonly clock: Clock;
  readonly space: SpaceWatch;
  /** How often to look for what other processes wrote, in milliseconds; left out where there are none. */
  readonly lookMs?: number;
  /** Called once, when the store is disposed of. */
  readonly close: () => Promise<void>;
}

/** A {@link Store} over a database. */
export class DocumentStore implements Store {
  readonly #documents: DocumentSource;
  readonly #clock: Clock;
  readonly #space: SpaceWatch;
  readonly #lookMs: number | undefined;
  readonly #close: () => Promise<void>;
  readonly #watchers = new Set<() => void>();
  #look: Timer | undefined;

  constructor({ documents, clock, space, lookMs, close }: DocumentStoreParts) {
    this.#documents = documents;
    this.#clock = clock;
    this.#space = space;
    this.#lookMs = lookMs;
    this.#close = close;
  }

  async get(collection: string, key: string): Promise<StoredDocument | undefined> {
    checkPlace(collection, key);
    const newest = await this.#documents.newest(collection, key);
    return newest === undefined || newest.value === null ? undefined : stored(newest);
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

  async writeAll(writes: readonly StoreWrite[]): Promise<Refusals> {
    const refusals = writes.map(refusalOfNames);
    const time = this.#clock.now();
    const sound = writes.filter((_, n) => refusals[n] === undefined);
    const stored = await this.#writing(() =>
      this.#documents.writeAll(sound.map((write) => asRow(write, time))),
    );
    const answers = stored.values();
    return refusals.map((refusal) => refusal ?? answers.next().value);
  }

  async list(collection: string, options: ListOptions = {}): Promise<readonly StoredDocument[]> {
    const documents = await this.listTexts(collection, options);
    return documents.map(({ text, ...document }) => ({ ...document, value: JSON.parse(text) }));
  }

  async listTexts(collection: string, options: ListOptions = {}): Promise<readonly StoredText[]> {
    checkName('collection', collection);
    return this.#documents.list(collection, options);
  }

  async versions(collection: string, key: string): Promise<readonly StoredDocument[]> {
    checkPlace(collection, key);
    return (await this.#documents.versions(collection, key)).map(stored);
  }

  async changes(wanted: ChangesWanted): Promise<readonly StoredChange[]> {
    const rows = await this.#documents.changes(wanted);
    return rows.map((row) => ({
      ...stored(row),
      before: beforeOf(row),
      isCut: row.version > 1 && row.beforeVersion === null,
    }));
  }

  place(): Promise<number> {
    return this.#documents.place();
  }

  watch(listener: () => void): () => void {
    const watcher = () => listener();
    this.#watchers.add(watcher);
    this.#lookLater();
    return () => void this.#watchers.delete(watcher);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#watchers.clear();
    this.#look?.cancel();
    return this.#close();
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #lookLater(): void {
    this.#look?.cancel();
    if (this.#lookMs === undefined || this.#watchers.size === 0) return;
    this.#look = this.#clock.after(this.#lookMs, () => {
      this.#tell();
      this.#lookLater();
    });
  }

  async #write(
    collection: string,
    key: string,
    value: string | null,
    { author, ifVersion }: WriteOptions,
  ): Promise<StoredDocument> {
    checkPlace(collection, key);
    checkName('author', author);
    const time = this.#clock.now();
    const precondition = ifVersion !== undefined && { ifVersion };
    return stored(
      await this.#writing(() =>
        this.#documents.write({ collection, key, value, author, time, ...precondition }),
      ),
    );
  }

  async #writing<T>(write: () => Promise<T>): Promise<T> {
    this.#space.admit();
    try {
      const written = await write();
      this.#tell();
      return written;
    } catch (error) {
      this.#space.notice(error);
      throw error;
    }
  }
}

/** Why a write cannot be kept, whatever is there. */
function refusalOfNames({ collection, key, author }: StoreWrite): Problem | undefined {
  try {
    checkPlace(collection, key);
    checkName('author', author);
    return undefined;
  } catch (error) {
    return asProblem(error);
  }
}

function asRow({ value, ...write }: StoreWrite, time: number): DocumentWrite {
  return { ...write, value: value === undefined ? null : JSON.stringify(value), time };
}

function checkPlace(collection: string, key: string): void {
  checkName('collection', collection);
  checkName('key', key);
}

/** The document that a row holds, its value unread. */
export function storedText({ value: text, crc: _, ...document }: LivingRow): StoredText {
  return { ...document, text };
}

/** The document that a row holds. */
function stored(row: DocumentRow): StoredDocument {
  const { collection, key, version, author, time, place } = row;
  return { collection, key, version, author, time, place, value: parsed(row.value) };
}

function beforeOf({ before, beforeTime }: ChangeRow): StoredChange['before'] {
  return before === null ? undefined : { value: JSON.parse(before), time: beforeTime ?? 0 };
}

function parsed(value: string | null): JsonValue | undefined {
  return value === null ? undefined : JSON.parse(value);
}
