/** A wait that can be given up. */
export interface Timer extends Disposable {
  /** Gives the wait up; harmless after it fired. */
  cancel(): void;
}

/** Where time comes in, so that a test turns it by hand. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Calls `wake` once, `ms` milliseconds from now. Waiting does not keep the process alive. */
  after(ms: number, wake: () => void): Timer;
}

class SystemTimer implements Timer {
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor(ms: number, wake: () => void) {
    this.#timer = setTimeout(wake, ms);
    if (typeof this.#timer === 'object' && 'unref' in this.#timer) this.#timer.unref();
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    this.cancel();
  }
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, wake) => new SystemTimer(ms, wake),
};

/**
 * Resolves `ms` milliseconds from now by `clock`.
 *
 * @throws the signal's reason when `signal` aborts first.
 */
export function delay(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
