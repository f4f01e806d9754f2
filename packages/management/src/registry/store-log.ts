import type {
  DirectoryLog,
  LoggedChange,
  Logger,
  LogPage,
  Store,
  StoredChange,
  StoredDocument,
} from '@thingtalk/core';

/** How many writes are read at once. */
const pageSize = 200;

/** A collection that is held in memory, and takes what others wrote to it. */
export interface Follower {
  readonly name: string;
  take(document: StoredDocument): void;
}

/** What a {@link StoreLog} works with. */
export interface StoreLogParts {
  readonly store: Store;
  readonly logger: Logger;
  /** Where to begin to follow. */
  readonly place: number;
  /** Whose changes are those of the directory. */
  readonly collections: readonly string[];
  /** Told of what was written to them before anybody hears of it here. */
  readonly held: readonly Follower[];
  /** The change of the directory that a write was, if it was one. */
  readonly record: (change: StoredChange) => LoggedChange | undefined;
}

/**
 * The log of a directory that is the store itself: every version is a change. So it survives a restart, and has the same
 * places at all gateways that share a database.
 *
 * It reaches back to the beginning as far as the store does: of a document that was changed more often than versions are
 * kept the oldest is told as an update of what cannot be said any more. Whoever reads on from any place ends with what there is.
 */
export class StoreLog implements DirectoryLog, AsyncDisposable {
  readonly #with: StoreLogParts;
  readonly #watchers = new Set<() => void>();
  readonly #stop: () => void;
  #place: number;
  #looking: Promise<void> | undefined;
  #isBehind = false;
  #hasFailed = false;

  constructor(parts: StoreLogParts) {
    this.#with = parts;
    this.#place = parts.place;
    this.#stop = parts.store.watch(() => this.#look());
  }

  get place(): number {
    return this.#place;
  }

  /** Another gateway may have told of more than was heard of here yet. */
  async reaches(place: number): Promise<boolean> {
    return place <= this.#place || place <= (await this.#with.store.place());
  }

  async read(after: number, limit: number): Promise<LogPage> {
    const { store, collections, record } = this.#with;
    // What is further on is told once all that is held here has followed.
    const known = this.#place;
    const stored = (await store.changes({ collections, after, limit })).filter(
      ({ place }) => place <= known,
    );
    const last = stored.length < limit ? known : stored.at(-1)?.place;
    return { changes: stored.flatMap((change) => record(change) ?? []), place: last ?? known };
  }

  watch(listener: () => void): () => void {
    const watcher = () => listener();
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    this.#watchers.clear();
    this.#isBehind = false;
    await this.#looking;
  }

  /** Looks how far the store is; once at a time, and once more when something came meanwhile. */
  #look(): void {
    this.#isBehind = true;
    this.#looking ??= this.#catchUp().finally(() => {
      this.#looking = undefined;
    });
  }

  async #catchUp(): Promise<void> {
    while (this.#isBehind) {
      this.#isBehind = false;
      try {
        await this.#follow();
        this.#hasFailed = false;
      } catch (error) {
        if (!this.#hasFailed) this.#with.logger.warn({ error }, 'the directory cannot follow');
        this.#hasFailed = true;
      }
    }
  }

  async #follow(): Promise<void> {
    const { store, held } = this.#with;
    const place = await store.place();
    if (place <= this.#place) return;
    const collections = held.map(({ name }) => name);
    let after = this.#place;
    for (let isMore = true; isMore; ) {
      const page = await store.changes({ collections, after, limit: pageSize });
      for (const change of page) held.find(({ name }) => name === change.collection)?.take(change);
      after = page.at(-1)?.place ?? after;
      isMore = page.length === pageSize;
    }
    this.#place = Math.max(place, after);
    for (const watcher of this.#watchers) watcher();
  }
}
