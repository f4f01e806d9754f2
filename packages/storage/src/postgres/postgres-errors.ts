import { Problem } from '@thingtalk/core';
import { DatabaseError } from 'pg';
import { storageFull } from '../journal/space-watch.ts';

/** Whether the server is gone, or going: what was asked may or may not have happened. */
export function isLoss(error: unknown): boolean {
  if (error instanceof Problem) return false;
  // Class 08: connection exception; 57P: the server was told to end, or is starting.
  return !(error instanceof DatabaseError) || /^(08|57P)/.test(error.code ?? '');
}

/** Whether another writer was in the way: unique violation, serialization failure, deadlock. */
export const isCollision = (error: unknown): boolean =>
  error instanceof DatabaseError && ['23505', '40001', '40P01'].includes(error.code ?? '');

/** The failure as the ports promise it. */
export function asStorageProblem(error: unknown): unknown {
  if (error instanceof Problem) return error;
  if (error instanceof DatabaseError && error.code === '53100') return storageFull(error);
  return isLoss(error) ? unreachable(error) : error;
}

/** The problem that says that the server does not answer. */
export function unreachable(cause?: unknown): Problem {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new Problem('storage-unreachable', `the PostgreSQL server does not answer${why}`, {
    retryAfterSeconds: 5,
    ...(cause !== undefined && { cause }),
  });
}
