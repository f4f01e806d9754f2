import type { JsonObject } from '../data/json.ts';
import type { Payload } from '../data/payload.ts';
import type { ThingId } from '../td/thing-id.ts';
import type { EntryStamp } from './journal.ts';
import type { ActionStatus } from './things.ts';

/** What a Thing said, as it went out: `payload` carries the stamp as well. */
export interface SaidMessage {
  readonly part: 'values' | 'event' | 'action';
  readonly stamp: EntryStamp;
  readonly payload: Payload;
}

/** What is remembered of a Thing from an earlier life of it. */
export interface ThingRecollection {
  /** Its last epoch: the next one must be later. 0 when it is not known. */
  readonly epoch: number;
  /** Its last values. */
  readonly values: JsonObject;
  /** Runs of its actions that had not ended. */
  readonly openRuns: readonly ActionStatus[];
}

/**
 * What one Thing said and no gateway has stored yet, in the order of its stamps: events and states of actions all of them,
 * of its values the newest snapshot.
 */
export interface ThingOutbox {
  /** What was remembered when the outbox was opened; `undefined` for a Thing that is new. */
  readonly recalled: ThingRecollection | undefined;
  /** False where nothing need wait, since the gateway is in this process: then it is always empty. */
  readonly keeps: boolean;
  /** Whether everything that was added is stored. */
  readonly isEmpty: boolean;
  /**
   * Adds what is about to be said. Once this returns, the end of the process does not lose it, where the memory outlasts it.
   *
   * @throws {@link Problem} `overloaded` when so many bytes wait that the event does not fit any more, `storage-full` when
   * the disk does not take it: then it was not added. Values and states of actions are always taken.
   */
  add(message: SaidMessage): void;
  /** Drops what was said up to and including `upTo`: a gateway has stored it. */
  trim(upTo: EntryStamp): void;
  /** What is not stored yet, oldest first. */
  unstored(): Iterable<SaidMessage>;
  /** @throws {@link Problem} `overloaded` when nothing more fits: then nothing is begun that would have to be told. */
  mustAccept(): void;
  /**
   * Resolves when not even a power cut loses what was added; `undefined` where that is so already, or never will be.
   *
   * @throws {@link Problem} `storage-full` when the disk did not take it.
   */
  kept(): Promise<void> | undefined;
  /** Forgets everything about the Thing: it is gone for good. */
  forget(): void;
}

/**
 * Where the Things of one servient keep what must not be lost.
 *
 * Every implementation runs `thingMemoryConformance` from `@thingtalk/core/testing`.
 */
export interface ThingMemory extends AsyncDisposable {
  /** Opens the outbox of a Thing; one at a time. */
  open(thing: ThingId): Promise<ThingOutbox>;
}
