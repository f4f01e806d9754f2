import { type DirectoryChange, Problem, type Route, type RouteRequest } from '@thingtalk/core';
import { header } from './conditions.ts';
import type { DirectoryStreams } from './directory-streams.ts';
import { eventStreamHeaders, refusals, streamHead } from './replies.ts';

const kinds = ['thing_created', 'thing_updated', 'thing_deleted'] as const;

const tags = ['Directory'];
const query = {
  diff: {
    description: 'With the whole of what was created, and a merge patch of what was updated',
    schema: { type: 'boolean' },
  },
};
const responses = {
  200: {
    description: 'Server-sent events; `Last-Event-ID` resumes',
    contentType: 'text/event-stream',
    schema: { type: 'string' },
  },
  400: refusals[400],
};

/**
 * The rows by which the changes of the directory are heard of.
 *
 * @see {@link https://www.w3.org/TR/wot-discovery/#exploration-directory-api-notification | WoT Discovery, 7.3.2.2}
 */
export function directoryEventRoutes(streams: DirectoryStreams): readonly Route[] {
  const row = {
    method: 'GET',
    tags,
    query,
    head(request: RouteRequest) {
      readScope(request);
      return streamHead();
    },
    async handle(request: RouteRequest) {
      const body = await streams.stream(readScope(request), lastSeen(request));
      // Who went away meanwhile gets no answer that could end it.
      if (request.signal.aborted) body.end();
      return { status: 200, headers: eventStreamHeaders, body };
    },
  } as const;
  return [
    {
      ...row,
      path: '/events',
      operationId: 'directoryEvents',
      summary: 'Streams what is created, updated and deleted in the directory',
      responses,
    },
    {
      ...row,
      path: '/events/:kind',
      operationId: 'directoryEventsOfKind',
      summary: 'Streams one kind of what happens in the directory',
      params: { kind: kinds.join(', ') },
      responses: { ...responses, 404: { description: 'There is no such kind' } },
    },
  ];
}

function readScope({ params: { kind }, query: { diff = 'false' }, base, access }: RouteRequest) {
  if (kind !== undefined && !isKind(kind)) {
    throw new Problem('not-found', `'${kind}' is none of the events ${kinds.join(', ')}`);
  }
  if (diff !== 'true' && diff !== 'false') {
    throw new Problem('bad-request', `diff '${diff}' is neither true nor false`);
  }
  return { kind, diff: diff === 'true', base, access };
}

function isKind(text: string): text is DirectoryChange['kind'] {
  return (kinds as readonly string[]).includes(text);
}

/** Which change the client has seen last. */
function lastSeen({ headers }: RouteRequest): number | undefined {
  const id = header(headers, 'last-event-id') ?? '';
  if (id === '') return undefined;
  const place = /^\d{1,16}$/.test(id) ? Number(id) : Number.NaN;
  if (Number.isSafeInteger(place)) return place;
  throw new Problem('bad-request', `Last-Event-ID '${id}' is not an id of these streams`);
}
