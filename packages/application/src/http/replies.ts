import type { RouteReply, RouteResponse, WholeReply } from '@thingtalk/core';

/** Answers nothing, successfully. */
export const noContent: WholeReply = { status: 204 };

/** Answers JSON text as it is. */
export function json(text: string, headers?: Readonly<Record<string, string>>): WholeReply {
  return {
    status: 200,
    headers: { 'content-type': 'application/json', ...headers },
    body: text,
  };
}

/** Says that the client holds what is here already. */
export function notModified(etag: string): WholeReply {
  return { status: 304, headers: { etag } };
}

/** Headers of a stream of server-sent events. */
export const eventStreamHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // nginx would hold events back until its buffer is full.
  'x-accel-buffering': 'no',
};

/** What a HEAD on a stream or a hanging request answers: that it is there. */
export function streamHead(): RouteReply {
  return { status: 200, headers: eventStreamHeaders };
}

const problem = { contentType: 'application/problem+json' } as const;

/** What many rows may answer, for the documents. */
export const refusals = {
  400: { description: 'The request or its value is not acceptable', ...problem },
  403: { description: 'The property is read-only or write-only', ...problem },
  404: { description: 'There is no such Thing or affordance', ...problem },
  503: { description: 'The Thing did not answer in time', ...problem },
} as const satisfies Record<number, RouteResponse>;
