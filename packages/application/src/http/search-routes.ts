import { Problem, type Route, type RouteRequest, type ThingRegistry } from '@thingtalk/core';
import type { DirectoryListings } from './directory-listings.ts';
import { json, refusals } from './replies.ts';

const tags = ['Directory'];
const problem = { contentType: 'application/problem+json' };

/** What the rows of the search work with. */
export interface SearchDoor {
  readonly registry: ThingRegistry;
  readonly listings: DirectoryListings;
}

/**
 * The rows by which the directory is searched.
 *
 * @see {@link https://www.w3.org/TR/wot-discovery/#exploration-directory-api-search | WoT Discovery, 7.3.2.3}
 */
export function searchRoutes({ registry, listings }: SearchDoor): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/search/jsonpath',
      operationId: 'searchJsonPath',
      summary: 'Selects from the list of Thing Descriptions by JSONPath (RFC 9535)',
      tags,
      query: {
        query: {
          description: "The last of the parameters, as `$[?@.title=='Lamp']`; escaped or not",
          schema: { type: 'string' },
        },
      },
      responses: {
        200: {
          description: 'What was selected',
          contentType: 'application/json',
          schema: { type: 'array' },
        },
        400: refusals[400],
        503: { description: 'Too many searches wait', ...problem },
      },
      // Whether there is a search can be said without searching.
      head: () => json(''),
      // What the reader may not see is not searched, so that no query can tell whether it is there.
      handle: async (request) => {
        const visible = listings.for(request).whole(request.base).toString();
        return json(await registry.search(readQuery(request), visible));
      },
    },
    notOffered('GET', 'XPath'),
    notOffered('GET', 'SPARQL'),
    notOffered('POST', 'SPARQL'),
  ];
}

function notOffered(method: 'GET' | 'POST', language: 'XPath' | 'SPARQL'): Route {
  return {
    method,
    path: `/search/${language.toLowerCase()}`,
    operationId: `${method === 'POST' ? 'post' : 'search'}${language}`,
    summary: `Would search by ${language}; is not offered`,
    tags,
    responses: { 501: { description: 'It is not offered', ...problem } },
    handle() {
      throw new Problem('not-implemented', `searching by ${language} is not offered; JSONPath is`);
    },
  };
}

const queryOf = /[?&]query=(.*)$/;

/**
 * All that stands after `query=`: a query that was not escaped may hold `&&`.
 *
 * What can be unescaped was escaped; a query with a bare percent sign that is no escape was not.
 */
function readQuery({ url }: RouteRequest): string {
  const raw = queryOf.exec(url)?.[1];
  if (raw === undefined) throw new Problem('bad-request', "there is no parameter 'query'");
  if (!raw.includes('%')) return raw;
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '));
  } catch {
    return raw;
  }
}
