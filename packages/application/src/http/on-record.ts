import type { Route } from '@thingtalk/core';

/**
 * Whether a row has written down itself how it answered, so that the server does not do so again: changes are written down where they
 * were made, visits where somebody was recognised. What was forbidden the server writes down.
 *
 * @param status with which it answered
 */
export function isOnRecord({ records }: Pick<Route, 'records'>, status: number): boolean {
  if (records === 'visits') return status !== 403;
  return records === 'changes' && status < 400;
}
