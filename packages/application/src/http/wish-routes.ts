import {
  type JsonObject,
  type JsonValue,
  Problem,
  type Route,
  type RouteRequest,
  type ThingRecord,
  type WholeReply,
  type Wish,
} from '@thingtalk/core';
import { prefersAsync } from './prefer.ts';
import { json, noContent, refusals } from './replies.ts';
import { findThing, pathOf, type ThingDoor, thingParam, writeOptions } from './thing-door.ts';

const tags = ['Properties'];
const params = { ...thingParam, name: 'Name of the property' };

/** A wish, for the documents. */
export const wishSchema = {
  type: 'object',
  required: ['name', 'version', 'etag', 'timeRequested', 'href'],
  properties: {
    name: { type: 'string' },
    value: { description: 'Left out where the property can only be written' },
    version: { type: 'integer', minimum: 1 },
    etag: { type: 'string' },
    timeRequested: { type: 'string', format: 'date-time' },
    href: { type: 'string', format: 'uri-reference' },
  },
};

/** Answers of a row that may keep what it is given, for the documents. */
export const keptResponses = {
  202: {
    description:
      'With `Prefer: respond-async`, where the Thing is absent: kept, and delivered when it is back',
    contentType: 'application/json',
    schema: { type: 'object' },
  },
  501: { description: 'Nothing can be kept: the gateway has no database' },
};

/** The rows by which a write that waits for an absent Thing is seen and withdrawn. */
export function wishRoutes(door: ThingDoor): Route[] {
  const path = `${door.mount}/:id/properties/:name/wish`;
  return [
    {
      method: 'GET',
      path,
      operationId: 'readWish',
      summary: 'Shows what waits to be written to a property',
      tags,
      params,
      responses: {
        200: { description: 'The wish', contentType: 'application/json', schema: wishSchema },
        404: { description: 'Nothing waits' },
      },
      op: 'readproperty',
      handle: (request) => {
        const wish = findWish(door, request);
        return json(JSON.stringify(wish), { etag: wish.etag, 'cache-control': 'no-cache' });
      },
    },
    {
      method: 'DELETE',
      path,
      operationId: 'withdrawWish',
      summary: 'Withdraws what waits to be written to a property',
      tags,
      params,
      responses: {
        204: { description: 'It will not be delivered' },
        404: refusals[404],
        409: { description: 'It is being delivered just now' },
        412: { description: '`If-Match` names another wish' },
      },
      op: 'writeproperty',
      handle: async (request) => {
        const { id = '', name = '' } = request.params;
        await door.views.for(request).withdrawWish(id, name, writeOptions(request));
        return noContent;
      },
    },
  ];
}

/**
 * Writes properties, and answers for it: 204 once the Thing has them; 202 where the client prefers that to a refusal,
 * and the Thing is absent.
 */
export function writeReply(
  door: ThingDoor,
  request: RouteRequest,
  values: JsonObject,
): Promise<WholeReply> {
  if (prefersAsync(request.headers)) return writeOrKeep(door, request, values);
  const things = door.views.for(request);
  const written = things.writeProperties(request.params.id ?? '', values, writeOptions(request));
  return written.then(() => noContent);
}

async function writeOrKeep(
  door: ThingDoor,
  request: RouteRequest,
  values: JsonObject,
): Promise<WholeReply> {
  const { id = '', name } = request.params;
  const options = writeOptions(request);
  const things = door.views.for(request);
  const outcome = await things.writeOrKeep(id, values, options);
  if (outcome.kind === 'written') return noContent;
  const record = findThing(things, id);
  const kept = wishesObject(door, record, outcome.wishes);
  const one = name === undefined ? undefined : kept[name];
  return {
    status: 202,
    headers: {
      'content-type': 'application/json',
      'preference-applied': 'respond-async',
      location: one?.href ?? `${pathOf(door, record)}/status`,
    },
    body: JSON.stringify(one ?? kept),
  };
}

/** A wish as it is shown. */
interface WishObject {
  readonly name: string;
  /** Left out where the property can only be written: what nobody may read is not shown here either. */
  readonly value?: JsonValue;
  readonly version: number;
  /** For `If-Match`. */
  readonly etag: string;
  readonly timeRequested: string;
  readonly href: string;
}

/** Wishes by property. */
export function wishesObject(
  door: Pick<ThingDoor, 'mount'>,
  record: ThingRecord,
  wishes: readonly Wish[],
): Readonly<Record<string, WishObject>> {
  return Object.fromEntries(wishes.map((wish) => [wish.name, wishObject(door, record, wish)]));
}

function wishObject(
  door: Pick<ThingDoor, 'mount'>,
  record: ThingRecord,
  { name, value, version, tag, time }: Wish,
): WishObject {
  const isSecret = record.shape.properties.get(name)?.writeOnly !== false;
  return {
    name,
    ...(!isSecret && { value }),
    version,
    etag: `"${tag}"`,
    timeRequested: new Date(time).toISOString(),
    href: `${pathOf(door, record)}/properties/${encodeURIComponent(name)}/wish`,
  };
}

function findWish(door: ThingDoor, request: RouteRequest): WishObject {
  const { id = '', name = '' } = request.params;
  const things = door.views.for(request);
  const record = findThing(things, id);
  const wish = things.wishes(record.id).find((one) => one.name === name);
  if (wish !== undefined) return wishObject(door, record, wish);
  throw new Problem('not-found', `nothing waits to be written to '${name}' of ${record.id}`);
}
