import { compareCodePoints } from '../data/code-points.ts';
import type { JsonValue } from '../data/json.ts';
import { type Clock, systemClock } from '../ports/clock.ts';
import type {
  ChangesWanted,
  ListOptions,
  Store,
  StoredChange,
  StoredDocument,
  StoredText,
  StoreWrite,
  WriteOptions,
} from '../ports/store.ts';
import { asProblem, Problem } from '../problem/problem.ts';

/** Longest name that is kept, in bytes of UTF-8. */
const maxNameBytes = 1_024;

/** What a {@link MemoryStore} holds; given to the next one, it finds what the one before has stored. */
export class MemoryDocuments {
  readonly collections = new Map<string, Map<string, readonly StoredDocument[]>>();
  readonly changes: StoredChange[] = [];
  readonly watchers = new Set<() => void>();

  /** Place of the newest write. */
  get place(): number {
    return this.changes.at(-1)?.place ?? 0;
  }

  /** Takes away the versions of a document before one, as a store does that keeps but the newest. */
  forget(collection: string, key: string, before: number): void {
    const isGone = (one: StoredDocument) =>
      one.collection === collection && one.key === key && one.version < before;
    const documents = this.collections.get(collection);
    const versions = documents?.get(key)?.filter((one) => !isGone(one));
    if (versions !== undefined) documents?.set(key, versions);
    this.changes.splice(0, Number.POSITIVE_INFINITY, ...this.changes.filter((one) => !isGone(one)));
    for (const [at, one] of this.changes.entries()) {
      const isOldest = one.collection === collection && one.key === key && one.version === before;
      if (isOldest) this.changes[at] = { ...one, before: undefined, isCut: true };
    }
  }
}

/** A store for tests: it holds its documents in memory. */
export class MemoryStore implements Store {
  readonly #documents: MemoryDocuments;
  readonly #clock: Clock;
  readonly #watching = new Set<() => void>();

  constructor(documents = new MemoryDocuments(), clock: Clock = systemClock) {
    this.#documents = documents;
    this.#clock = clock;
  }

  async get(collection: string, key: string): Promise<StoredDocument | undefined> {
    checkNames(collection, key);
    const newest = this.#versions(collection, key).at(-1);
    return newest?.value === undefined ? undefined : newest;
  }

  async put(
    collection: string,
    key: string,
    value: JsonValue,
    options: WriteOptions,
  ): Promise<StoredDocument> {
    checkNames(collection, key, options.author);
    return this.#write(collection, key, JSON.parse(JSON.stringify(value)), options);
  }

  async delete(collection: string, key: string, options: WriteOptions): Promise<void> {
    checkNames(collection, key, options.author);
    if (this.#versions(collection, key).at(-1)?.value === undefined) {
      throw new Problem('not-found', `there is no document '${key}' in ${collection}`);
    }
    this.#write(collection, key, undefined, options);
  }

  async writeAll(writes: readonly StoreWrite[]): Promise<readonly (Problem | undefined)[]> {
    const refusals: (Problem | undefined)[] = [];
    for (const { collection, key, value, ...options } of writes) {
      const write =
        value === undefined
          ? this.delete(collection, key, options)
          : this.put(collection, key, value, options);
      refusals.push(await write.then(() => undefined, asProblem));
    }
    return refusals;
  }

  async list(collection: string, options: ListOptions = {}): Promise<readonly StoredDocument[]> {
    const { after, limit } = options;
    const newest = [...(this.#documents.collections.get(collection) ?? [])]
      .filter(([key]) => after === undefined || compareCodePoints(key, after) > 0)
      .flatMap(([, versions]) => versions.at(-1) ?? [])
      .filter(({ value }) => value !== undefined);
    return newest.sort((a, b) => compareCodePoints(a.key, b.key)).slice(0, limit);
  }

  async listTexts(collection: string, options?: ListOptions): Promise<readonly StoredText[]> {
    const documents = await this.list(collection, options);
    return documents.map(({ value, ...document }) => {
      return { ...document, text: JSON.stringify(value) };
    });
  }

  async versions(collection: string, key: string): Promise<readonly StoredDocument[]> {
    return [...this.#versions(collection, key)];
  }

  async changes({ collections, after, limit }: ChangesWanted): Promise<readonly StoredChange[]> {
    return this.#documents.changes
      .filter(({ collection, place }) => place > after && collections.includes(collection))
      .slice(0, limit);
  }

  async place(): Promise<number> {
    return this.#documents.place;
  }

  watch(listener: () => void): () => void {
    const watcher = () => listener();
    this.#documents.watchers.add(watcher);
    this.#watching.add(watcher);
    return () => void this.#documents.watchers.delete(watcher);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const watcher of this.#watching) this.#documents.watchers.delete(watcher);
  }

  #versions(collection: string, key: string): readonly StoredDocument[] {
    return this.#documents.collections.get(collection)?.get(key) ?? [];
  }

  #write(
    collection: string,
    key: string,
    value: JsonValue | undefined,
    { author, ifVersion }: WriteOptions,
  ): StoredDocument {
    const versions = this.#versions(collection, key);
    const newest = versions.at(-1);
    const present = newest?.value === undefined ? 0 : newest.version;
    if (ifVersion !== undefined && ifVersion !== present && ifVersion !== newest?.version) {
      throw new Problem('precondition-failed', `'${key}' is at ${present}, not ${ifVersion}`);
    }
    const { collections, changes, watchers } = this.#documents;
    const place = this.#documents.place + 1;
    const time = this.#clock.now();
    const written = { collection, key, version: versions.length + 1, author, time, place, value };
    const documents = collections.get(collection) ?? new Map<string, readonly StoredDocument[]>();
    collections.set(collection, documents.set(key, [...versions, written]));
    changes.push({ ...written, before: beforeOf(newest) });
    for (const watcher of watchers) queueMicrotask(watcher);
    return written;
  }
}

function beforeOf(version: StoredDocument | undefined): StoredChange['before'] {
  if (version?.value === undefined) return undefined;
  return { value: version.value, time: version.time };
}

function checkNames(...names: readonly string[]): void {
  for (const name of names) {
    const isKept =
      !name.includes('\0') &&
      name.isWellFormed() &&
      new TextEncoder().encode(name).length <= maxNameBytes;
    if (!isKept) throw new Problem('bad-request', `'${name.slice(0, 80)}' cannot be a name`);
  }
}
