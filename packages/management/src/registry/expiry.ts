import type { Clock, Logger, RegisteredEntry, Timer } from '@thingtalk/core';
import { type HeldCollection, unchanged } from './held-collection.ts';

/** Longest that a timer may wait: Node's would fire at once beyond 2^31 - 1 ms. */
const longestMs = 2_147_483_647;

/** How long after a purge that failed it is tried again, in milliseconds. */
const retryMs = 60_000;

/** Who purges. */
const author = 'registry';

/** What {@link Expiry} works with. */
export interface ExpiryParts {
  readonly registered: HeldCollection<RegisteredEntry>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Purges registrations when their time has come, by one timer for all.
 *
 * @see {@link https://www.w3.org/TR/wot-discovery/#exploration-directory-registration-expiry | WoT Discovery, 7.3.1.2}
 */
export class Expiry implements Disposable {
  readonly #with: ExpiryParts;
  #timer: Timer | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor(parts: ExpiryParts) {
    this.#with = parts;
  }

  /** Makes sure of a purge at `time`, in milliseconds since 1970. */
  plan(time: number | undefined): void {
    if (time === undefined || time >= this.#at) return;
    const { clock } = this.#with;
    this.#timer?.cancel();
    this.#at = time;
    const wait = Math.min(Math.max(0, time - clock.now()), longestMs);
    this.#timer = clock.after(wait, () => void this.purge());
  }

  /** Purges what has expired, and plans for what will. */
  async purge(): Promise<void> {
    const { registered, clock } = this.#with;
    this.#at = Number.POSITIVE_INFINITY;
    const now = clock.now();
    for (const [id, { expires }] of [...registered.entries()]) {
      if (expires === undefined || expires > now) this.plan(expires);
      else await this.#purgeOne(id);
    }
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
  }

  async #purgeOne(id: string): Promise<void> {
    const { registered, clock, logger } = this.#with;
    try {
      // It may have been renewed while others were purged.
      await registered.change(id, author, (present) =>
        (present?.expires ?? Number.POSITIVE_INFINITY) > clock.now() ? unchanged : undefined,
      );
    } catch (error) {
      logger.warn({ err: error, id }, 'an expired registration was not purged');
      this.plan(clock.now() + retryMs);
    }
  }
}
