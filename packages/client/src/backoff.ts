/** How long to wait before connecting again. */
export interface BackoffOptions {
  /** The longest first wait, in milliseconds. Default 250. */
  readonly firstMs?: number;
  /** The longest wait of all, in milliseconds. Default 30,000. */
  readonly maximumMs?: number;
  /** Gives a number from 0 to below 1. Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * The wait before attempt `attempt` (from 1), in milliseconds: it doubles each time, up to a maximum.
 *
 * Half of it is left to chance, so that clients that lost the same gateway do not all return in the same instant.
 */
export function backoffMs(attempt: number, options: BackoffOptions = {}): number {
  const { firstMs = 250, maximumMs = 30_000, random = Math.random } = options;
  const longest = Math.min(maximumMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return longest / 2 + (longest / 2) * random();
}
