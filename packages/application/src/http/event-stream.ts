import { Problem } from '@thingtalk/core';

/** How much may wait for a reader, in characters, before it is cut off. */
const maxWaiting = 1024 * 1024;

/**
 * A stream of server-sent events to one reader: what is pushed in one tick goes out as one piece.
 *
 * A reader that falls 1 MiB behind is cut off rather than served with gaps; it resumes by `Last-Event-ID`.
 */
export class EventStream implements AsyncIterableIterator<string> {
  #waiting: string;
  #overflowed = false;
  #ended = false;
  #wake: (() => void) | undefined;
  readonly #onEnd: () => void;

  /**
   * @param first what the reader gets before anything else.
   * @param onEnd called once when the stream ends, whoever ends it.
   */
  constructor(first: string, onEnd: () => void) {
    this.#waiting = first;
    this.#onEnd = onEnd;
  }

  push(frame: string): void {
    if (this.#ended) return;
    this.#waiting += frame;
    if (this.#waiting.length > maxWaiting) {
      this.#waiting = '';
      this.#overflowed = true;
      this.end();
    }
    this.#wake?.();
  }

  /** Ends the stream once what waits has been taken. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    this.#wake?.();
  }

  /** Ends the stream at once: what waits is not for its reader any more. */
  cut(): void {
    this.#waiting = '';
    this.end();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @throws {@link Problem} `overloaded` when the reader fell too far behind. */
  async next(): Promise<IteratorResult<string>> {
    if (this.#waiting === '' && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#overflowed) {
      throw new Problem('overloaded', `the reader fell ${maxWaiting} characters behind`);
    }
    if (this.#waiting === '') return { done: true, value: undefined };
    const value = this.#waiting;
    this.#waiting = '';
    return { done: false, value };
  }

  async return(): Promise<IteratorResult<string>> {
    this.cut();
    return { done: true, value: undefined };
  }
}
