import {
  type Clock,
  Problem,
  type Route,
  type RouteReply,
  type RouteRequest,
  type ThingRecord,
  type Things,
} from '@thingtalk/core';
import type { TdRenderer } from '../td/served-td.ts';
import { isKnown } from './conditions.ts';
import { json, notModified, refusals } from './replies.ts';
import { findThing, thingParam } from './thing-door.ts';

const tags = ['Things'];
const tdType = 'application/td+json';
const tdSchema = { type: 'object', description: 'A W3C Thing Description 1.1' };
const tdResponses = {
  200: { description: 'The Thing Description', contentType: tdType, schema: tdSchema },
  304: { description: 'The client holds this version already' },
  404: refusals[404],
};

/** What the rows of the directory work with. */
export interface DirectoryDoor {
  readonly things: Things;
  readonly renderer: TdRenderer;
  readonly clock: Clock;
  /** Path under which Things are found: `/things`. */
  readonly mount: string;
  /** Which Thing `/.well-known/wot` introduces; `undefined` while there is none. */
  readonly introduced: () => ThingRecord | undefined;
}

/**
 * The rows by which Thing Descriptions are found.
 *
 * @see {@link https://www.w3.org/TR/wot-discovery/#exploration-server | WoT Discovery, 6}
 */
export function directoryRoutes(door: DirectoryDoor): Route[] {
  const listing = new Listing(door);
  return [
    {
      method: 'GET',
      path: door.mount,
      operationId: 'listThings',
      summary: 'Lists the Thing Descriptions of all Things, sorted by id',
      tags,
      responses: {
        200: {
          description: 'Thing Descriptions',
          contentType: 'application/ld+json',
          schema: { type: 'array', items: tdSchema },
        },
        304: tdResponses[304],
      },
      handle: (request) => listing.reply(request),
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
        tdReply(door.renderer, findThing(door.things, request.params.id ?? ''), request),
    },
    {
      method: 'GET',
      path: `${door.mount}/:id/status`,
      operationId: 'getThingStatus',
      summary: 'Says whether a Thing can be reached, and since when',
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
            },
          },
        },
        404: refusals[404],
      },
      handle: ({ params }) => {
        const { online, since } = findThing(door.things, params.id ?? '').liveness;
        return json(JSON.stringify({ online, since: new Date(since).toISOString() }));
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
        if (record === undefined) {
          throw new Problem('not-found', 'this server has no Thing to introduce itself by yet');
        }
        return tdReply(door.renderer, record, request);
      },
    },
  ];
}

function tdReply(renderer: TdRenderer, record: ThingRecord, request: RouteRequest): RouteReply {
  const etag = `"${record.tdVersion}"`;
  if (isKnown(request.headers, etag)) return notModified(etag);
  return {
    status: 200,
    headers: { 'content-type': tdType, 'cache-control': 'no-cache', etag },
    body: renderer.render(record, request.base),
  };
}

/** How many renderings of the list are kept, one for each base that clients use. */
const maxListings = 4;

/** The list of all Thing Descriptions: rendered once after a change, then the same bytes for everybody. */
class Listing {
  readonly #door: DirectoryDoor;
  readonly #bytes = new Map<string, Buffer>();
  /** Distinguishes this process's versions from those of the one before. */
  readonly #boot: string;
  #version = 0;

  constructor(door: DirectoryDoor) {
    this.#door = door;
    this.#boot = door.clock.now().toString(36);
    door.things.watch('all', (note) => {
      if (note.kind === 'created' || note.kind === 'updated' || note.kind === 'removed') {
        this.#version++;
        this.#bytes.clear();
      }
    });
  }

  reply(request: RouteRequest): RouteReply {
    const etag = `"${this.#boot}-${this.#version}"`;
    if (isKnown(request.headers, etag)) return notModified(etag);
    return {
      status: 200,
      headers: { 'content-type': 'application/ld+json', 'cache-control': 'no-cache', etag },
      body: this.#render(request.base),
    };
  }

  #render(base: string): Buffer {
    const known = this.#bytes.get(base);
    if (known !== undefined) return known;
    const { things, renderer } = this.#door;
    const tds = things.list().map((record) => renderer.render(record, base));
    const bytes = Buffer.from(`[${tds.join(',')}]`);
    if (this.#bytes.size >= maxListings) this.#bytes.clear();
    this.#bytes.set(base, bytes);
    return bytes;
  }
}
