import { Problem, type ProblemName } from '@thingtalk/core';
import type { Engine } from './engine.ts';

/** What can be asked of the worker: the methods of its {@link Engine}. */
export type CallName =
  | 'commit'
  | 'write'
  | 'writeAll'
  | 'newest'
  | 'versions'
  | 'list'
  | 'changes'
  | 'place'
  | 'page'
  | 'events'
  | 'makeRoom'
  | 'close';

/** What a call answers. */
export type Answer<K extends CallName> = Awaited<ReturnType<Engine[K]>>;

/** A call on its way to the worker. */
export interface Call {
  readonly id: number;
  readonly name: CallName;
  readonly args: readonly unknown[];
}

/** A failure as it travels between threads, where errors lose their class. */
export type Failure =
  | { readonly problem: ProblemName; readonly detail: string; readonly retryAfterSeconds?: number }
  | { readonly error: unknown };

/** What the worker says. */
export type WorkerMessage =
  | { readonly kind: 'open' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly failure: Failure }
  | {
      readonly kind: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly fields: object;
      readonly text: string;
    };

/** An error, packed for the other thread. */
export function pack(error: unknown): Failure {
  if (!(error instanceof Problem)) return { error };
  const { name, detail, retryAfterSeconds } = error;
  return { problem: name, detail, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}

/** The error that was packed. */
export function unpack(failure: Failure): unknown {
  if ('error' in failure) return failure.error;
  const { problem, detail, ...options } = failure;
  return new Problem(problem, detail, options);
}
