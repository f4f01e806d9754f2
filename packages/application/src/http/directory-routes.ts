import {
  type Clock,
  type DirectoryEntry,
  Problem,
  type Route,
  type RouteReply,
  type RouteRequest,
  type ThingDirectory,
  type ThingRecord,
} from '@thingtalk/core';
import type { DirectoryViews, ThingViews } from '../access/reader-views.ts';
import type { EntryRenderer } from '../td/served-entry.ts';
import { isKnown } from './conditions.ts';
import type { DirectoryListings } from './directory-listings.ts';
import { json, notModified, refusals } from './replies.ts';
import { findThing, thingParam } from './thing-door.ts';
import { wishesObject, wishSchema } from './wish-routes.ts';

const tags = ['Things'];
const tdType = 'application/td+json';
const tdSchema = { type: 'object', description: 'A W3C Thing Description 1.1' };
const tdResponses = {
  200: { description: 'The Thing Description', contentType: tdType, schema: tdSchema },
  304: { description: 'The client holds this version already' },
  404: refusals[404],
};
const whole = { type: 'integer', minimum: 0 };
const listQuery = {
  limit: {
    description: 'At most so many; `Link: rel="next"` leads on',
    schema: { ...whole, minimum: 1 },
  },
  offset: { description: 'Leaves out so many', schema: whole },
  after: { description: 'Only ids after this one', schema: { type: 'string' } },
  format: { description: 'How the list is given', schema: { enum: ['array', 'collection'] } },
};

/** What the rows of the directory work with. */
export interface DirectoryDoor {
  /** The Things, and the directory, as whoever asks may see them. */
  readonly views: ThingViews;
  readonly directories: DirectoryViews;
  readonly entries: EntryRenderer;
  readonly listings: DirectoryListings;
  readonly clock: Clock;
  /** Path under which Things are found: `/things`. */
  readonly mount: string;
  /** Which Thing `/.well-known/wot` introduces; `undefined` while there is none. */
  readonly introduced: () => ThingRecord | undefined;
}

/**
 * The rows by which Thing Descriptions are found.
 *
 * @see {@link https://www.w3.org/TR/wot-discovery/#exploration-server | WoT Discovery, 7.2 and 7.3.2.1}
 */
export function directoryRoutes(door: DirectoryDoor): Route[] {
  return [
    {
      method: 'GET',
      path: door.mount,
      operationId: 'listThings',
      summary: 'Lists the Thing Descriptions of all Things, sorted by id',
      tags,
      query: listQuery,
      responses: {
        200: {
          description: 'Thing Descriptions',
          contentType: 'application/ld+json',
          schema: { type: 'array', items: tdSchema },
        },
        304: tdResponses[304],
        400: refusals[400],
        501: { description: '`sort_by` and `sort_order` are not offered' },
      },
      handle: (request) => door.listings.for(request).reply(request),
    },
    {
      method: 'GET',
      path: `${door.mount}/:id`,
      operationId: 'getThing',
      summary: 'Reads a Thing Description',
      tags,
      params: thingParam,
      responses: tdResponses,
      handle: (request) =>
        tdReply(door, findEntry(door.directories.for(request), request.params.id ?? ''), request),
    },
    {
      method: 'GET',
      path: `${door.mount}/:id/status`,
      operationId: 'getThingStatus',
      summary: 'Says whether a Thing can be reached, since when, and what waits for it',
      tags,
      params: thingParam,
      responses: {
        200: {
          description: 'Its liveness',
          contentType: 'application/json',
          schema: {
            type: 'object',
            required: ['online', 'since'],
            properties: {
              online: { type: 'boolean' },
              since: { type: 'string', format: 'date-time' },
              wishes: {
                description:
                  'What waits to be written to it, by property; left out when nothing does',
                type: 'object',
                additionalProperties: wishSchema,
              },
            },
          },
        },
        404: refusals[404],
      },
      handle: (request) => {
        const things = door.views.for(request);
        const record = findThing(things, request.params.id ?? '');
        const { online, since } = record.liveness;
        const waiting = things.wishes(record.id);
        const status = {
          online,
          since: new Date(since).toISOString(),
          ...(waiting.length > 0 && { wishes: wishesObject(door, record, waiting) }),
        };
        return json(JSON.stringify(status));
      },
    },
    {
      method: 'GET',
      path: '/.well-known/wot',
      operationId: 'introduce',
      summary: 'Introduces this server by its own Thing Description',
      tags,
      responses: tdResponses,
      handle: (request) => {
        const record = door.introduced();
        const entry = record && door.directories.for(request).find(record.id);
        if (entry === undefined) {
          throw new Problem('not-found', 'this server has no Thing to introduce itself by yet');
        }
        return tdReply(door, entry, request);
      },
    },
  ];
}

/**
 * What the directory holds under the id of a path.
 *
 * @throws {@link Problem} `thing-not-found`
 */
export function findEntry(directory: ThingDirectory, id: string): DirectoryEntry {
  const entry = directory.find(id);
  if (entry === undefined) throw new Problem('thing-not-found', `no Thing has the id '${id}'`);
  return entry;
}

/** Rows that use Things, saying why one that was merely registered cannot be used. */
export function explained(directories: DirectoryViews, rows: readonly Route[]): readonly Route[] {
  const explain: Route['explain'] = (problem, { params: { id = '' }, access }) =>
    problem.name === 'thing-not-found' &&
    directories.for({ access }).find(id)?.kind === 'registered'
      ? new Problem(
          'thing-not-found',
          `${id} was registered by hand and no adapter serves it: its forms say where it can be reached`,
        )
      : problem;
  return rows.map((row) => ({ ...row, explain }));
}

function tdReply(door: DirectoryDoor, entry: DirectoryEntry, request: RouteRequest): RouteReply {
  const etag = door.listings.tagOf(entry, request);
  if (isKnown(request.headers, etag)) return notModified(etag);
  return {
    status: 200,
    headers: { 'content-type': tdType, 'cache-control': 'no-cache', etag },
    body: door.entries.renderRetrieved(entry, request.base, door.clock.now()),
  };
}
