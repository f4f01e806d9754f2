import { Problem } from '../problem/problem.ts';
import type { Outgoing } from './mqtt-link.ts';

/** A message that waits, and whom to tell how it went. */
export interface Waiting extends Outgoing {
  readonly settle: ((problem?: Problem) => void) | undefined;
}

/** What cannot be sent yet, in order and within a bound of bytes, and what was sent but not acknowledged. */
export class Outbox {
  readonly #maxBytes: number;
  #waiting: Waiting[] = [];
  #bytes = 0;
  readonly #unacknowledged = new Set<Waiting>();
  #onIdle: () => void = () => {};

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Resolves when nothing waits any more. */
  whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      this.#checkIdle();
    });
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

  /** A message is on its way and wants an acknowledgement. */
  sent(message: Waiting): void {
    this.#unacknowledged.add(message);
  }

  /** Its acknowledgement has come, or its refusal; a second one for the same message changes nothing. */
  acknowledged(message: Waiting, refusal?: Problem): void {
    if (!this.#unacknowledged.delete(message)) return;
    message.settle?.(refusal);
    this.#checkIdle();
  }

  /** The connection has ended: what was not acknowledged goes back in front, where it had its place before. */
  putBack(): void {
    for (const message of this.#unacknowledged) this.#bytes += sizeOf(message);
    this.#waiting = [...this.#unacknowledged, ...this.#waiting];
    this.#unacknowledged.clear();
  }

  /** Hands everything to `send` that somebody may still want at `now`; the rest fails. */
  flush(now: number, send: (message: Waiting) => void): void {
    const all = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    for (const message of all) {
      if (message.expires === undefined || message.expires > now) send(message);
      else {
        const detail = `'${message.topic}' waited for the broker until nobody wanted it any more`;
        message.settle?.(new Problem('thing-unreachable', detail));
      }
    }
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.#waiting.length === 0 && this.#unacknowledged.size === 0) this.#onIdle();
  }
}

function sizeOf({ topic, bytes }: Outgoing): number {
  return topic.length + bytes.byteLength;
}
