import {
  type EntryStamp,
  MemoryOutbox,
  Problem,
  type SaidMessage,
  type ThingId,
  type ThingOutbox,
} from '@thingtalk/core';
import { isFull } from '../sqlite/sqlite-errors.ts';
import type { LogSync } from './log-sync.ts';
import type { OutboxFile } from './outbox-file.ts';

/** What a {@link DiskOutbox} works with. */
export interface DiskOutboxParts {
  readonly thing: ThingId;
  readonly file: OutboxFile;
  readonly log: LogSync;
  /** How many bytes of events may wait. */
  readonly maxBytes: number;
}

/** The outbox of one Thing: worked with in memory, written to the file first. */
export class DiskOutbox implements ThingOutbox {
  readonly keeps = true;
  readonly #with: DiskOutboxParts;
  readonly #memory: MemoryOutbox;
  /** Why the last message is in memory alone. */
  #refusal: Problem | undefined;

  constructor(parts: DiskOutboxParts) {
    this.#with = parts;
    this.#memory = new MemoryOutbox(parts.maxBytes);
    const state = parts.file.load(parts.thing);
    if (state !== undefined) this.#memory.recover(state);
  }

  get recalled() {
    return this.#memory.recalled;
  }

  get isEmpty(): boolean {
    return this.#memory.isEmpty;
  }

  add(message: SaidMessage): void {
    this.#memory.mustTake(message);
    this.#refusal = this.#write(({ file, thing }) => file.add(thing, message));
    if (this.#refusal !== undefined && message.part === 'event') throw this.#refusal;
    this.#memory.take(message);
  }

  trim(upTo: EntryStamp): void {
    this.#memory.trim(upTo);
    // What a full disk still holds is said again in the next life, and ignored.
    this.#write(({ file, thing }) => file.trim(thing, upTo));
  }

  unstored(): Iterable<SaidMessage> {
    return this.#memory.unstored();
  }

  mustAccept(): void {
    this.#memory.mustAccept();
  }

  kept(): Promise<void> | undefined {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    return this.#with.log.done();
  }

  forget(): void {
    this.#memory.forget();
    this.#write(({ file, thing }) => file.forget(thing));
  }

  /** @returns the problem when the disk is full. */
  #write(work: (parts: DiskOutboxParts) => void): Problem | undefined {
    try {
      work(this.#with);
    } catch (cause) {
      if (!isFull(cause)) throw cause;
      const detail = `there is no space left for what ${this.#with.thing} says`;
      return new Problem('storage-full', detail, { cause, retryAfterSeconds: 10 });
    }
    this.#with.log.wrote();
    return undefined;
  }
}
