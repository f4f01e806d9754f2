import { headLength, textFrame, writeHead } from './frame.ts';
import type { PropertyNote } from './notes.ts';

/** What is to be sent, encoded once and shared by all its readers. */
export interface Message {
  /** First byte of its frame. */
  readonly first: number;
  readonly bytes: Buffer;
  /** The change it tells: a later change of the same property makes it worthless to a reader that lags. */
  readonly change?: PropertyNote;
}

/** The end of a message, where readers differ: short, and encoded once for each subscription. */
export type Tail = Buffer;

/** Nothing to add. */
export const noTail: Tail = Buffer.alloc(0);

/** A text message. */
export function textMessage(text: string, change?: PropertyNote): Message {
  const bytes = Buffer.from(text);
  return change ? { first: textFrame, bytes, change } : { first: textFrame, bytes };
}

/** How many bytes a message with this tail takes on the wire. */
export function wireLength(message: Message, tail: Tail): number {
  const payload = message.bytes.length + tail.length;
  return headLength(payload) + payload;
}

/**
 * Joins the frames that go to one socket into one buffer.
 *
 * Readers of the same things wait for the same messages, so the last result is kept and handed out again
 * as long as the next socket waits for exactly the same: 1,000 readers of 8 changes cost one join.
 */
export class Joiner {
  #messages: readonly Message[] = [];
  #tails: readonly Tail[] = [];
  #joined: Buffer = noTail;

  /** The frames of `messages`, each ended by the tail at the same place, which take `length` bytes. */
  join(messages: readonly Message[], tails: readonly Tail[], length: number): Buffer {
    if (!isSame(messages, this.#messages) || !isSame(tails, this.#tails)) {
      this.#joined = joinFrames(messages, tails, length);
      this.#messages = messages;
      this.#tails = tails;
    }
    return this.#joined;
  }
}

function isSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  if (some.length !== others.length) return false;
  for (let at = 0; at < some.length; at++) if (some[at] !== others[at]) return false;
  return true;
}

function joinFrames(messages: readonly Message[], tails: readonly Tail[], length: number): Buffer {
  const joined = Buffer.allocUnsafe(length);
  let at = 0;
  for (const [index, { first, bytes }] of messages.entries()) {
    const tail = tails[index] ?? noTail;
    at = writeHead(joined, at, first, bytes.length + tail.length);
    joined.set(bytes, at);
    at += bytes.length;
    joined.set(tail, at);
    at += tail.length;
  }
  return joined;
}
