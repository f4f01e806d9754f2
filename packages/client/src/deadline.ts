import type { Clock, Timer } from '@thingtalk/core';
import { ProblemError } from './problem-error.ts';

/** What every call takes. */
export interface CallOptions {
  /** Gives the wait up: the call rejects with the signal's reason. What was sent is not taken back. */
  readonly signal?: AbortSignal;
  /** How long the gateway may take to answer, in milliseconds. Default: the client's own, 10,000. */
  readonly timeoutMs?: number;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, wake) {
    const timer = setTimeout(wake, ms);
    const cancel = () => clearTimeout(timer);
    return { cancel, [Symbol.dispose]: cancel };
  },
};

/** A wait with an end: whichever of the caller's signal and the deadline comes first. */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: Timer;
  readonly #caller: AbortSignal | undefined;
  readonly #give = () => this.#controller.abort(this.#caller?.reason);

  /** @param what names the awaited answer in the problem, as `GET /things`. */
  constructor(clock: Clock, timeoutMs: number, what: string, caller?: AbortSignal) {
    this.#caller = caller;
    this.#timer = clock.after(timeoutMs, () =>
      this.#controller.abort(
        ProblemError.ofConnection('gateway-silent', `no answer to ${what} within ${timeoutMs} ms`),
      ),
    );
    if (caller?.aborted) this.#give();
    else caller?.addEventListener('abort', this.#give, { once: true });
  }

  /** Aborts at the end, its reason a {@link ProblemError} or the caller's own. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Resolves or rejects as `work` does, or rejects at the end. */
  race<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const end = () => reject(signal.reason);
      if (signal.aborted) end();
      else signal.addEventListener('abort', end, { once: true });
      work.then(resolve, reject);
    });
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
    this.#caller?.removeEventListener('abort', this.#give);
  }
}
