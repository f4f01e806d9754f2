import type { Clock, Logger } from '@thingtalk/core';

/** What was opened, and how it ends. */
interface Step {
  readonly what: string;
  readonly end: () => unknown;
}

/** How a {@link Shutdown} goes about it. */
export interface ShutdownOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long one step may take, in milliseconds; the next begins even if it has not ended by then. */
  readonly stepMs: number;
}

/**
 * Ends what was opened, the last first, so that nobody is left waiting for somebody who is gone.
 *
 * A step that fails or hangs is logged and passed over: the steps after it say goodbye all the same.
 */
export class Shutdown {
  readonly #options: ShutdownOptions;
  readonly #steps: Step[] = [];
  #running: Promise<void> | undefined;

  constructor(options: ShutdownOptions) {
    this.#options = options;
  }

  /** Whether it has begun. */
  get hasBegun(): boolean {
    return this.#running !== undefined;
  }

  /** Says how something that was opened just now is to end. */
  add(what: string, end: () => unknown): void {
    this.#steps.push({ what, end });
  }

  /** Ends everything, once; asked again, it is the same end. */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    for (const step of this.#steps.toReversed()) await this.#end(step);
  }

  async #end({ what, end }: Step): Promise<void> {
    const { clock, logger, stepMs } = this.#options;
    const { promise: late, reject } = Promise.withResolvers<never>();
    using _timer = clock.after(stepMs, () => reject(new Error(`not ended after ${stepMs} ms`)));
    try {
      await Promise.race([end(), late]);
    } catch (error) {
      logger.error({ err: error, what }, 'a part did not end in good order');
    }
  }
}
