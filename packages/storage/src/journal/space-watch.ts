import { type Clock, type JournalStatus, Problem, type Timer } from '@thingtalk/core';

/** First wait before it is tried again whether there is space, in milliseconds; it doubles. */
const firstWaitMs = 250;
/** Longest such wait: space that was made is used this soon. */
const longestWaitMs = 2_000;

/** What a {@link SpaceWatch} works with. */
export interface SpaceWatchParts {
  readonly clock: Clock;
  /** Tries to make or find space. Resolves with whether writing makes sense again. */
  readonly tryAgain: () => Promise<boolean>;
  /** Told at each change. */
  readonly onChange: (status: JournalStatus) => void;
}

/** Knows whether the disk is full: refuses writes while it is, and finds out by itself when it is no more. */
export class SpaceWatch implements Disposable {
  readonly #parts: SpaceWatchParts;
  #status: JournalStatus = { state: 'writing' };
  #timer: Timer | undefined;

  constructor(parts: SpaceWatchParts) {
    this.#parts = parts;
  }

  get status(): JournalStatus {
    return this.#status;
  }

  /** @throws {@link Problem} `storage-full` while there is no space. */
  admit(): void {
    if (this.#status.state === 'full') throw storageFull();
  }

  /** Looks at why a write failed: `storage-full` begins the watch. */
  notice(error: unknown): void {
    const isFull = error instanceof Problem && error.name === 'storage-full';
    if (!isFull || this.#status.state === 'full') return;
    this.#turn({ state: 'full', since: this.#parts.clock.now() });
    this.#wait(firstWaitMs);
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
  }

  #wait(ms: number): void {
    this.#timer = this.#parts.clock.after(ms, () => {
      const next = () => this.#wait(Math.min(longestWaitMs, ms * 2));
      this.#parts
        .tryAgain()
        .then((isFine) => (isFine ? this.#turn({ state: 'writing' }) : next()), next);
    });
  }

  #turn(status: JournalStatus): void {
    this.#status = status;
    this.#parts.onChange(status);
  }
}

/** The problem that says so. */
export function storageFull(cause?: unknown): Problem {
  return new Problem('storage-full', 'the disk is full: nothing was stored', {
    retryAfterSeconds: longestWaitMs / 1_000,
    ...(cause !== undefined && { cause }),
  });
}
