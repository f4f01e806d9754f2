import { Problem } from '../problem/problem.ts';
import { LinkRefused } from './mqtt-link.ts';

/** CONNACK codes of 3.1.1 and 5 that no further attempt will change: credentials and rights. */
const finalRefusals: ReadonlySet<number> = new Set([4, 5, 0x86, 0x87, 0x8a, 0x8c]);

/** How a connection, or an attempt at one, came to its end. */
export interface LinkOutcome {
  readonly reason: string;
  /** No further attempt can succeed. */
  readonly isFinal?: boolean;
  /** Somebody answered and did not like what was said, as a 3.1.1 broker does when it hears MQTT 5. */
  readonly refusesVersion?: boolean;
  readonly retryNow?: boolean;
}

/** What follows from an attempt to connect that failed. */
export function judgeFailure(url: string, error: Error): LinkOutcome {
  const reason = `the broker ${url} cannot be reached: ${error.message}`;
  const code = error instanceof LinkRefused ? error.code : undefined;
  if (code !== undefined && finalRefusals.has(code)) return { reason, isFinal: true };
  // The system's own errors, as ECONNREFUSED, have names for codes; then nobody answered at all.
  const cause = error.cause as { code?: unknown } | undefined;
  return { reason, refusesVersion: typeof cause?.code !== 'string' };
}

/** The problem of a subscription that the broker answers with `code`. */
export function refused(filter: string, code: number): Problem {
  return new Problem('forbidden', `the broker refuses a subscription to '${filter}' (${code})`);
}
