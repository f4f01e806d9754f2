import { headLength, writeHead } from './frame.ts';
import type { Message, Tail } from './message.ts';

/** A message and what ends it for one reader. */
interface Entry {
  readonly message: Message;
  readonly tail: Tail;
}

/**
 * The messages that wait for one socket, in order; never changed, only extended.
 *
 * Readers of the same things wait for the same messages: whoever extends a batch as somebody did before gets the same
 * batch, so 1,000 readers of 8 changes cost eight batches and one join of their bytes.
 */
export class Batch {
  readonly #before: Batch | undefined;
  readonly #entry: Entry | undefined;
  /** Bytes on the wire. */
  readonly length: number;
  #after: Batch | undefined;
  #bytes: Buffer | undefined;

  private constructor(before: Batch | undefined, entry: Entry | undefined, length: number) {
    this.#before = before;
    this.#entry = entry;
    this.length = length;
  }

  /** A batch of nothing, to begin with. */
  static empty(): Batch {
    return new Batch(undefined, undefined, 0);
  }

  /** This batch and one message more. */
  with(message: Message, tail: Tail): Batch {
    const after = this.#after;
    if (after?.endsWith(message, tail)) return after;
    const payload = message.bytes.length + tail.length;
    const length = this.length + headLength(payload) + payload;
    this.#after = new Batch(this, { message, tail }, length);
    return this.#after;
  }

  /** Whether its last message is this one, ended like this. */
  endsWith(message: Message, tail: Tail): boolean {
    return this.#entry?.message === message && this.#entry.tail === tail;
  }

  /** The frames, joined; done once however many sockets they go to. */
  get bytes(): Buffer {
    this.#bytes ??= this.#join();
    return this.#bytes;
  }

  /**
   * This batch without changes that a later one supersedes, and how many those were. Everything else stays, in order.
   */
  conflated(): { readonly batch: Batch; readonly dropped: number } {
    const seen = new Map<unknown, Set<string>>();
    const kept: Entry[] = [];
    let dropped = 0;
    for (const entry of this.#latestFirst()) {
      const { change } = entry.message;
      if (change !== undefined && seen.get(change.thing)?.has(change.name)) {
        dropped++;
        continue;
      }
      if (change !== undefined) {
        seen.set(change.thing, (seen.get(change.thing) ?? new Set()).add(change.name));
      }
      kept.push(entry);
    }
    let batch = Batch.empty();
    for (const { message, tail } of kept.reverse()) batch = batch.with(message, tail);
    return { batch, dropped };
  }

  #join(): Buffer {
    const joined = Buffer.allocUnsafe(this.length);
    let end = this.length;
    for (const { message, tail } of this.#latestFirst()) {
      const payload = message.bytes.length + tail.length;
      joined.set(tail, end - tail.length);
      joined.set(message.bytes, end - payload);
      end -= payload + headLength(payload);
      writeHead(joined, end, message.first, payload);
    }
    return joined;
  }

  *#latestFirst(): Generator<Entry> {
    for (let batch: Batch | undefined = this; batch !== undefined; batch = batch.#before) {
      if (batch.#entry !== undefined) yield batch.#entry;
    }
  }
}
