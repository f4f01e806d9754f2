import type { Clock, Journal, Logger, Store } from '@thingtalk/core';
import type { GroupCommitLimits } from './journal/group-commit.ts';

/** A database with its two faces; closed when both of them are disposed of, or this is. */
export interface Storage extends AsyncDisposable {
  readonly store: Store;
  readonly journal: Journal;
}

/** What every kind of storage is opened with. */
export interface StorageOptions extends GroupCommitLimits {
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: says nothing. */
  readonly logger?: Logger;
  /** How many events of a Thing are kept. Default 10,000. */
  readonly eventsKept?: number;
  /** How many versions of a document are kept, the newest. Default 100. */
  readonly versionsKept?: number;
}

/** How much is kept. */
export interface Kept {
  readonly eventsKept: number;
  readonly versionsKept: number;
}

/** How much is kept as the options say, or else by default. */
export function keptBy({ eventsKept = 10_000, versionsKept = 100 }: StorageOptions): Kept {
  return { eventsKept, versionsKept };
}

/** What each face calls, once, when it is disposed of. */
export interface Closers {
  readonly store: () => Promise<void>;
  readonly journal: () => Promise<void>;
}

/** Puts the two faces together; `close` is called when both are disposed of. */
export function storageOf(
  make: (closers: Closers) => { readonly store: Store; readonly journal: Journal },
  close: () => Promise<void>,
): Storage {
  const open = new Set(['store', 'journal']);
  const closer = (face: string) => async () => {
    if (open.delete(face) && open.size === 0) await close();
  };
  const { store, journal } = make({ store: closer('store'), journal: closer('journal') });
  return {
    store,
    journal,
    async [Symbol.asyncDispose]() {
      await journal[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}
