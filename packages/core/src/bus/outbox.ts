import { Problem } from '../problem/problem.ts';
import type { Outgoing } from './mqtt-link.ts';

/** A message that waits, and whom to tell how it went. */
export interface Waiting extends Outgoing {
  readonly settle: ((problem?: Problem) => void) | undefined;
}

/** What cannot be sent yet, in order and within a bound of bytes. */
export class Outbox {
  readonly #maxBytes: number;
  #waiting: Waiting[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /**
   * Puts a message at the end.
   *
   * @throws {@link Problem} `overloaded` when it does not fit any more.
   */
  push(message: Waiting): void {
    const bytes = this.#bytes + sizeOf(message);
    if (bytes > this.#maxBytes) {
      const detail = `${this.#bytes} bytes wait for the broker; '${message.topic}' is refused`;
      throw new Problem('overloaded', detail, { retryAfterSeconds: 1 });
    }
    this.#bytes = bytes;
    this.#waiting.push(message);
  }

  /** Puts messages that were sent but not acknowledged back in front; they had their place before. */
  putBack(messages: readonly Waiting[]): void {
    for (const message of messages) this.#bytes += sizeOf(message);
    this.#waiting = [...messages, ...this.#waiting];
  }

  /** Takes everything out that somebody may still want at `now`; the rest fails. */
  takeAll(now: number): readonly Waiting[] {
    const all = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    return all.filter((message) => {
      const isWanted = message.expires === undefined || message.expires > now;
      if (!isWanted) {
        const detail = `'${message.topic}' waited for the broker until nobody wanted it any more`;
        message.settle?.(new Problem('thing-unreachable', detail));
      }
      return isWanted;
    });
  }
}

function sizeOf({ topic, bytes }: Outgoing): number {
  return topic.length + bytes.byteLength;
}
