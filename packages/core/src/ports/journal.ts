import type { JsonObject, JsonValue } from '../data/json.ts';
import type { ThingId } from '../td/thing-id.ts';
import type { ActionStatus } from './things.ts';

/** Which message of a Thing an entry stands for: its boot and its number in that boot. */
export interface EntryStamp {
  readonly e: number;
  readonly s: number;
}

/** Which boot of a Thing was asked for a run: what decides after a crash whether it may be asked again. */
export interface RunOrigin {
  /** Epoch of that boot; left out for a bare device, which has none. */
  readonly epoch?: number;
  /** Whether an earlier boot was asked before: that is done once. */
  readonly again?: true;
}

/** A run as it is stored: where it stands, and who was asked. */
export interface StoredRun extends ActionStatus {
  /** Left out for a bare device that was asked once, and for a run that the gateway did not ask for. */
  readonly asked?: RunOrigin;
}

/** Something a Thing said that must not be lost; told apart by `kind`. */
export type JournalEntry =
  | {
      readonly kind: 'values';
      readonly thing: ThingId;
      /** `undefined` for a bare device's. */
      readonly stamp: EntryStamp | undefined;
      /** When the Thing said it, in milliseconds since 1970. */
      readonly time: number;
      /** What it said that was new, checked. */
      readonly values: JsonObject;
    }
  | {
      readonly kind: 'event';
      readonly thing: ThingId;
      readonly stamp: EntryStamp | undefined;
      readonly time: number;
      readonly name: string;
      readonly data: JsonValue | undefined;
    }
  | {
      readonly kind: 'action';
      readonly thing: ThingId;
      readonly stamp: EntryStamp | undefined;
      readonly time: number;
      readonly status: StoredRun;
    }
  | {
      /** A run that is no more remembered, since somebody took it off the list. */
      readonly kind: 'action-forgotten';
      readonly thing: ThingId;
      readonly time: number;
      readonly id: string;
    }
  | {
      /**
       * A write that waits for an absent Thing; the last one of a property stands, unless its version is lower.
       * `value` undefined: delivered or withdrawn, which takes away what has this version or a lower one.
       */
      readonly kind: 'wish';
      readonly thing: ThingId;
      readonly time: number;
      readonly name: string;
      readonly version: number;
      readonly value: JsonValue | undefined;
    }
  | {
      /** All that is stored of the Thing goes. Taken even when the disk is full. */
      readonly kind: 'forgotten';
      readonly thing: ThingId;
      readonly time: number;
    };

/** A value as it was last stored. */
export interface StoredValue {
  readonly value: JsonValue;
  readonly time: number;
  /** Counts its changes: each time an entry names it, from 1. */
  readonly version: number;
}

/** A wish as it was last stored. */
export interface StoredWish {
  readonly value: JsonValue;
  readonly version: number;
  readonly time: number;
}

/** What the journal knows of one Thing. */
export interface StoredThing {
  readonly thing: ThingId;
  /** The last message stored. */
  readonly stamp: EntryStamp | undefined;
  readonly values: ReadonlyMap<string, StoredValue>;
  /** Runs, oldest first: all open ones; of those that ended the last thousand, or fewer where these are large, or somewhat more. */
  readonly runs: readonly StoredRun[];
  readonly wishes: ReadonlyMap<string, StoredWish>;
}

/** How an entry is appended. */
export interface AppendOptions {
  /**
   * Nobody waits for it yet: it may wait some milliseconds for others, so that one commit serves them all, until
   * {@link Journal.hurry} says that somebody does. Default false.
   */
  readonly patient?: boolean;
}

/** Whether the journal can take entries. */
export type JournalStatus =
  | { readonly state: 'writing' }
  | { readonly state: 'full'; readonly since: number }
  /** The database does not answer: entries wait for a while, then are refused. */
  | { readonly state: 'unreachable'; readonly since: number };

/**
 * What Things said, kept: an acknowledgement means stored.
 *
 * Entries that come together are committed together. An entry whose stamp is not after the Thing's last changes nothing.
 * Every implementation runs `journalConformance` from `@thingtalk/core/testing`.
 */
export interface Journal extends AsyncDisposable {
  readonly status: JournalStatus;
  /**
   * Appends an entry; resolves once it is on disk.
   *
   * @throws {@link Problem} `storage-full` when there is no space: nothing was stored, and the journal finds out by itself
   * when there is space again; `overloaded` when too much waits already; `storage-unreachable` when the database has not
   * answered for too long; `bad-request` for a name with a NUL, half a surrogate pair, or more than 1,024 bytes.
   */
  append(entry: JournalEntry, options?: AppendOptions): Promise<void>;
  /** Somebody waits for what was appended: patient entries are committed now. */
  hurry(): void;
  /** What is stored of every Thing, one after the other. */
  recover(): AsyncIterable<StoredThing>;
  /** The last events of a Thing that happened after `after` (milliseconds since 1970), oldest first, at most `limit`. */
  events(
    thing: ThingId,
    options: { readonly after?: number; readonly limit: number },
  ): Promise<readonly (JournalEntry & { kind: 'event' })[]>;
}
