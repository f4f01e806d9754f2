import {
  isJsonObject,
  Problem,
  type Route,
  type RouteReply,
  type RouteRequest,
  type ThingRecord,
  type Things,
  toWebThing,
} from '@thingtalk/core';
import { ThingViews } from '../access/reader-views.ts';
import type { ThingFeed } from '../feed/thing-feed.ts';
import { openSecurity, type TdSecurity } from '../td/td-security.ts';
import { thingSegment } from '../td/thing-path.ts';
import { EventHistory } from '../webthings/event-history.ts';
import { eventData } from '../webthings/webthings-messages.ts';
import { mayHear } from './hearing.ts';
import { json, refusals } from './replies.ts';
import { findThing, interactionOptions, thingParam } from './thing-door.ts';
import { webthingsActionRoutes } from './webthings-actions.ts';

/** What the webthings door is made of. */
export interface WebthingsRoutesOptions {
  readonly things: Things;
  /** Shared with the other doors. */
  readonly feed: ThingFeed;
  /** Path under which Things are found. Default `/webthings`; old clients expect `/things`. */
  readonly mount?: string;
  /** What a client must show, for the descriptions. Default: nothing. */
  readonly security?: TdSecurity;
}

/** The rows of the webthings door. */
export interface WebthingsRoutes extends Disposable {
  readonly routes: readonly Route[];
}

/** What the rows work with. */
export interface WebthingsDoor {
  /** The Things as whoever asks may see and use them. */
  readonly views: ThingViews;
  readonly mount: string;
  readonly security: TdSecurity;
}

const tags = ['WebThings dialect'];
const ok = (description: string) => ({ description, contentType: 'application/json', schema: {} });

/**
 * The rows of the dialect that WebThings clients speak, over the same Things.
 *
 * @see {@link https://webthings.io/api/ | Web Thing API}
 */
export function webthingsRoutes(options: WebthingsRoutesOptions): WebthingsRoutes {
  const { mount = '/webthings', security = openSecurity } = options;
  const door = { views: new ThingViews(options.things), mount, security };
  const history = new EventHistory(options.feed);
  return {
    routes: [
      ...descriptionRows(door),
      ...propertyRows(door),
      ...webthingsActionRoutes(door),
      ...eventRows(door, history),
    ],
    [Symbol.dispose]: () => history[Symbol.dispose](),
  };
}

function descriptionRows({ views, mount, security }: WebthingsDoor): Route[] {
  const describe = (record: ThingRecord, base: string) => {
    const href = `${mount}/${thingSegment(record.id)}`;
    const wsHref = `${base.replace(/^http/, 'ws')}${href}`;
    return toWebThing({ ...record.td, ...security }, { href, wsHref, base });
  };
  return [
    {
      method: 'GET',
      path: mount,
      operationId: 'webthingsList',
      summary: 'Lists all Things in the WebThings dialect',
      tags,
      responses: { 200: ok('Web Things') },
      handle: (request) => {
        const records = views.for(request).list();
        return json(JSON.stringify(records.map((one) => describe(one, request.base))));
      },
    },
    {
      method: 'GET',
      path: `${mount}/:id`,
      operationId: 'webthingsThing',
      summary: 'Describes a Thing in the WebThings dialect',
      tags,
      params: thingParam,
      responses: { 200: ok('The Web Thing'), 404: refusals[404] },
      handle: (request) => {
        const record = findThing(views.for(request), request.params.id ?? '');
        return json(JSON.stringify(describe(record, request.base)));
      },
    },
  ];
}

function propertyRows({ views, mount }: WebthingsDoor): Route[] {
  const params = { ...thingParam, name: 'Name of the property' };
  return [
    {
      method: 'GET',
      path: `${mount}/:id/properties`,
      operationId: 'webthingsProperties',
      summary: 'Reads all properties',
      tags,
      params: thingParam,
      responses: { 200: ok('Values by name'), 404: refusals[404] },
      handle: async (request) =>
        json(JSON.stringify(await views.for(request).readProperties(request.params.id ?? ''))),
    },
    {
      method: 'GET',
      path: `${mount}/:id/properties/:name`,
      operationId: 'webthingsReadProperty',
      summary: 'Reads a property',
      tags,
      params,
      responses: { 200: ok('`{name: value}`'), ...refusals },
      handle: async (request) => {
        const { id = '', name = '' } = request.params;
        const state = await views.for(request).readProperty(id, name);
        return json(`{${JSON.stringify(name)}:${state.json}}`);
      },
    },
    {
      method: 'PUT',
      path: `${mount}/:id/properties/:name`,
      operationId: 'webthingsWriteProperty',
      summary: 'Writes a property',
      tags,
      params,
      body: { description: '`{name: value}`', required: true, schema: { type: 'object' } },
      responses: { 200: ok('`{name: value}` as it now is'), ...refusals },
      handle: (request) => writeProperty(views.for(request), request),
    },
  ];
}

async function writeProperty(things: Things, request: RouteRequest): Promise<RouteReply> {
  const { id = '', name = '' } = request.params;
  const { body } = request;
  const value = isJsonObject(body) && Object.hasOwn(body, name) ? body[name] : undefined;
  if (value === undefined) {
    throw new Problem('payload-invalid', `the body must be an object with a member '${name}'`);
  }
  const now = await things.writeProperties(id, { [name]: value }, interactionOptions(request));
  return json(JSON.stringify({ [name]: now[name] ?? value }));
}

function eventRows({ views, mount }: WebthingsDoor, history: EventHistory): Route[] {
  const list = (request: RouteRequest): RouteReply => {
    const { id = '', name } = request.params;
    const record = findThing(views.for(request), id);
    if (name !== undefined && !record.shape.events.has(name)) {
      throw new Problem('event-not-found', `${record.id} has no event '${name}'`);
    }
    const told = history.of(record.id, name).filter((event) => mayHear(request.access, event));
    return json(`[${told.map(eventData).join(',')}]`);
  };
  const responses = { 200: ok('What happened, oldest first'), 404: refusals[404] };
  return [
    {
      method: 'GET',
      path: `${mount}/:id/events`,
      operationId: 'webthingsEvents',
      summary: 'Lists the last events',
      tags,
      params: thingParam,
      responses,
      handle: list,
    },
    {
      method: 'GET',
      path: `${mount}/:id/events/:name`,
      operationId: 'webthingsEventsOf',
      summary: 'Lists the last events of one kind',
      tags,
      params: { ...thingParam, name: 'Name of the event' },
      responses,
      handle: list,
    },
  ];
}
