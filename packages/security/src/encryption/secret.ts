import { inspect } from 'node:util';

/** What a {@link Secret} shows of itself. */
export const concealed = '[secret]';

/**
 * A value that never prints: text, JSON, logs, error messages and `console.log` show `[secret]`.
 *
 * {@link reveal} is the only way to it, so that a search for that word finds every place where a secret is used.
 * A structured clone, as to a worker thread, holds nothing.
 */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself: for the one place that needs it, never to be kept beside it. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return concealed;
  }

  toJSON(): string {
    return concealed;
  }

  [Symbol.toPrimitive](): string {
    return concealed;
  }

  [inspect.custom](): string {
    return concealed;
  }
}
