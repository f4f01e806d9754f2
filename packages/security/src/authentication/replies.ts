import type { RouteReply, RouteResponse } from '@thingtalk/core';

/** Answers what is somebody's own: no cache on the way keeps it. */
export function privately(value: unknown, status = 200): RouteReply {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(value),
  };
}

/** Answers nothing, successfully. */
export const done: RouteReply = { status: 204 };

/** A time as it is written, from milliseconds since 1970. */
export function written(time: number): string {
  return new Date(time).toISOString();
}

const problem = { contentType: 'application/problem+json' } as const;

/** What the rows here may refuse with, for the documents. */
export const refusal = {
  malformed: { description: 'The body is not as described', ...problem },
  unauthenticated: { description: 'The credentials are missing or no good', ...problem },
  forbidden: { description: 'It is not for whoever asks, or comes from another site', ...problem },
  absent: { description: 'There is none of this id', ...problem },
  conflict: { description: 'It contradicts what is there', ...problem },
  impossible: { description: 'A value is not taken', ...problem },
  tooMany: {
    description: 'Too many attempts; `Retry-After` says when the next may come',
    ...problem,
  },
} as const satisfies Record<string, RouteResponse>;
