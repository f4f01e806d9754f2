import { show } from '../data/show.ts';
import { Problem } from '../problem/problem.ts';

/** Longest id of a run, in UTF-16 units. */
const longest = 256;

/**
 * Whether a text can be the id of a run: 1 to 256 characters, none of them a control character, no half surrogate pair,
 * and neither `.` nor `..`, which every URL swallows.
 */
export function isRunId(text: string): boolean {
  if (text.length === 0 || text.length > longest || text === '.' || text === '..') return false;
  return text.isWellFormed() && !/\p{Cc}/u.test(text);
}

/**
 * The id of a run, as somebody chose it.
 *
 * @param what it was given as, for the detail: `Idempotency-Key`.
 * @throws {@link Problem} `bad-request` when it cannot be one.
 */
export function checkRunId(what: string, id: unknown): string {
  if (typeof id === 'string' && isRunId(id)) return id;
  throw new Problem(
    'bad-request',
    `${what} must be 1 to ${longest} characters, none a control character, and not '.' or '..', not ${show(id)}`,
  );
}
