import {
  isJsonObject,
  Problem,
  type PropertyState,
  type Route,
  type RouteRequest,
  type ThingRecord,
  type WholeReply,
} from '@thingtalk/core';
import { isKnown, wantsEventStream, wantsFresh } from './conditions.ts';
import { json, notModified, refusals } from './replies.ts';
import {
  interactionOptions,
  pollReply,
  scopeOf,
  streamReply,
  type ThingDoor,
  thingParam,
} from './thing-door.ts';
import { keptResponses, wishRoutes, writeReply } from './wish-routes.ts';

const tags = ['Properties'];
const params = { ...thingParam, name: 'Name of the property' };
const anyValue = {};
const values = { type: 'object', additionalProperties: true };
const freshHint =
  'The last confirmed value; `Cache-Control: no-cache` asks the device itself. `Accept: text/event-stream` observes.';
const laterHint =
  '`Prefer: respond-async` has it kept where the Thing is absent, and delivered once the Thing is back.';

/**
 * The rows by which properties are read, written and observed.
 *
 * @see {@link https://w3c.github.io/wot-profile/#http-basic-profile-properties | HTTP Basic Profile, Properties}
 */
export function propertyRoutes(door: ThingDoor): Route[] {
  return [...propertyRows(door), ...wishRoutes(door), ...allPropertiesRows(door)];
}

function propertyRows(door: ThingDoor): Route[] {
  const path = `${door.mount}/:id/properties/:name`;
  return [
    {
      method: 'GET',
      path,
      operationId: 'readProperty',
      summary: 'Reads a property',
      description: freshHint,
      tags,
      params,
      responses: {
        200: { description: 'The bare value', contentType: 'application/json', schema: anyValue },
        304: { description: 'The client holds this version already' },
        ...refusals,
      },
      op: 'readproperty',
      whole: (request) => readProperty(door, request),
      handle: (request) =>
        wantsEventStream(request.headers)
          ? streamReply(door, 'property', request)
          : readProperty(door, request),
    },
    {
      method: 'PUT',
      path,
      operationId: 'writeProperty',
      summary: 'Writes a property and waits until the Thing confirms',
      description: laterHint,
      tags,
      params,
      body: { description: 'The bare value', required: true, schema: anyValue },
      responses: {
        204: { description: 'The Thing has taken it' },
        ...keptResponses,
        412: { description: '`If-Match` names another version' },
        ...refusals,
      },
      op: 'writeproperty',
      whole: (request) => writeProperty(door, request),
      handle: (request) => writeProperty(door, request),
    },
    {
      method: 'GET',
      path: `${path}/observe`,
      operationId: 'pollProperty',
      summary: 'Hangs until the property changes',
      description:
        'Send `Last-Event-ID` of one answer with the next poll, and no change is missed.',
      tags,
      params,
      responses: {
        200: { description: 'The new value', contentType: 'application/json', schema: anyValue },
        ...refusals,
      },
      op: 'observeproperty',
      hangs: true,
      head: (request) => {
        scopeOf(door, 'property', request);
        return json('');
      },
      handle: (request) => pollReply(door, 'property', request),
    },
  ];
}

function allPropertiesRows(door: ThingDoor): Route[] {
  const path = `${door.mount}/:id/properties`;
  return [
    {
      method: 'GET',
      path,
      operationId: 'readAllProperties',
      summary: 'Reads all readable properties, or those named',
      description: freshHint,
      tags,
      params: thingParam,
      query: {
        name: {
          description: 'Only this property; may be repeated',
          schema: { type: 'array', items: { type: 'string' } },
        },
      },
      responses: {
        200: {
          description: 'Values by name; a property without a value yet is left out',
          contentType: 'application/json',
          schema: values,
        },
        ...refusals,
      },
      op: 'readallproperties',
      whole: (request) => readProperties(door, request),
      handle: (request) =>
        wantsEventStream(request.headers)
          ? streamReply(door, 'property', request)
          : readProperties(door, request),
    },
    {
      method: 'PUT',
      path,
      operationId: 'writeMultipleProperties',
      summary: 'Writes several properties, all or none',
      description: laterHint,
      tags,
      params: thingParam,
      body: { description: 'Values by name', required: true, schema: values },
      responses: {
        204: { description: 'The Thing has taken them' },
        ...keptResponses,
        412: { description: '`If-Match` names another version of one of them' },
        ...refusals,
      },
      op: 'writemultipleproperties',
      whole: (request) => writeProperties(door, request),
      handle: (request) => writeProperties(door, request),
    },
  ];
}

function readProperty(door: ThingDoor, request: RouteRequest): WholeReply | Promise<WholeReply> {
  const { id = '', name = '' } = request.params;
  const record = door.views.for(request).find(id);
  const state = record?.property(name);
  // The common case, a known value of a readable property, is answered without a turn of the event loop.
  if (
    record !== undefined &&
    state !== undefined &&
    request.headers['cache-control'] === undefined &&
    record.shape.properties.get(name)?.writeOnly === false
  ) {
    return stateReply(door, record, state, request);
  }
  return readPropertySlowly(door, request, record);
}

async function readPropertySlowly(
  door: ThingDoor,
  request: RouteRequest,
  record: ThingRecord | undefined,
): Promise<WholeReply> {
  const { id = '', name = '' } = request.params;
  const fresh = wantsFresh(request.headers);
  const options = fresh ? { ...interactionOptions(request), fresh } : undefined;
  const state = await door.views.for(request).readProperty(id, name, options);
  return stateReply(door, record, state, request);
}

function stateReply(
  door: ThingDoor,
  record: ThingRecord | undefined,
  state: PropertyState,
  request: RouteRequest,
): WholeReply {
  const etag = `"${state.version}"`;
  if (request.headers['if-none-match'] !== undefined && isKnown(request.headers, etag)) {
    return notModified(etag);
  }
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache', etag };
  if (record?.liveness.online !== false && state.confirmed)
    return { status: 200, headers, body: state.json };
  const age = String(Math.max(0, Math.floor((door.clock.now() - state.time) / 1_000)));
  return { status: 200, headers: { ...headers, age }, body: state.json };
}

function writeProperty(door: ThingDoor, request: RouteRequest): Promise<WholeReply> {
  const { name = '' } = request.params;
  const { body } = request;
  if (body === undefined) {
    throw new Problem('payload-invalid', `there is no value for property '${name}' in the body`);
  }
  // A computed key is an own member even when it is called `__proto__`.
  return writeReply(door, request, { [name]: body });
}

function writeProperties(door: ThingDoor, request: RouteRequest): Promise<WholeReply> {
  const { body } = request;
  if (isJsonObject(body)) return writeReply(door, request, body);
  throw new Problem('payload-invalid', 'the body must be an object of values by name');
}

async function readProperties(door: ThingDoor, request: RouteRequest): Promise<WholeReply> {
  const { name } = request.query;
  const names = typeof name === 'string' ? [name] : name;
  const fresh = wantsFresh(request.headers);
  const options = fresh ? { ...interactionOptions(request), fresh } : undefined;
  const values = await door.views.for(request).readProperties(idOf(request), names, options);
  return json(JSON.stringify(values), { 'cache-control': 'no-cache' });
}

function idOf(request: RouteRequest): string {
  return request.params.id ?? '';
}
