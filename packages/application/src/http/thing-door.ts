import {
  type Clock,
  type InteractionOptions,
  Problem,
  type RouteReply,
  type RouteRequest,
  type ThingRecord,
  type Things,
  type WritePropertyOptions,
} from '@thingtalk/core';
import type { ThingViews } from '../access/reader-views.ts';
import type { Scope } from '../feed/change.ts';
import { type Place, placeTime, readPlace } from '../feed/change-place.ts';
import { thingSegment } from '../td/thing-path.ts';
import type { ChangeStreams } from './change-streams.ts';
import { checkIfMatch, header } from './conditions.ts';
import { checkHears } from './hearing.ts';
import { preferredWaitMs } from './prefer.ts';
import { eventStreamHeaders, json } from './replies.ts';

/** What the rows of one door work with. */
export interface ThingDoor {
  /** The Things as whoever asks may see and use them. */
  readonly views: ThingViews;
  readonly streams: ChangeStreams;
  readonly clock: Clock;
  /** Path under which Things are found: `/things`. */
  readonly mount: string;
}

/** Parameters that many paths share, for the documents. */
export const thingParam = {
  id: 'Id of the Thing: its URI percent-encoded, or the bare name of a device that has none',
} as const;

/**
 * The Thing that the path names.
 *
 * @throws {@link Problem} `thing-not-found`
 */
export function findThing(things: Things, id: string): ThingRecord {
  const record = things.find(id);
  if (record === undefined) throw new Problem('thing-not-found', `no Thing has the id '${id}'`);
  return record;
}

/** Where a Thing is found, as what belongs to it refers to it. */
export function pathOf({ mount }: Pick<ThingDoor, 'mount'>, { id }: ThingRecord): string {
  return `${mount}/${thingSegment(id)}`;
}

/** What the client said about waiting; nothing when it said nothing, so that nothing is made for most requests. */
export function interactionOptions(request: RouteRequest): InteractionOptions {
  const deadlineMs = preferredWaitMs(request.headers);
  // Without the request's signal: what was sent is not taken back when the client goes, the deadline ends the wait soon,
  // and an AbortController for each write costs more than the write.
  return deadlineMs === undefined ? {} : { deadlineMs };
}

/** What the client said about waiting, and about what it means to overwrite (`If-Match`). */
export function writeOptions(request: RouteRequest): WritePropertyOptions {
  const { headers } = request;
  if (headers['if-match'] === undefined) return interactionOptions(request);
  const expects = (tag: string | undefined) => checkIfMatch(headers, tag && `"${tag}"`);
  return { ...interactionOptions(request), expects };
}

/**
 * What a stream on this path is about.
 *
 * @throws {@link Problem} `thing-not-found`, `property-not-found`, `property-write-only`, `event-not-found`, `forbidden`
 */
export function scopeOf(door: ThingDoor, kind: Scope['kind'], request: RouteRequest): Scope {
  const { id = '', name } = request.params;
  const record = findThing(door.views.for(request), id);
  if (name !== undefined) checkReadable(record, kind, name);
  const scope = { thing: record.id, kind, name };
  checkHears(request.access, scope, record);
  return scope;
}

function checkReadable(record: ThingRecord, kind: Scope['kind'], name: string): void {
  if (kind === 'event') {
    if (record.shape.events.has(name)) return;
    throw new Problem('event-not-found', `${record.id} has no event '${name}'`);
  }
  const property = record.shape.properties.get(name);
  if (property === undefined) {
    throw new Problem('property-not-found', `${record.id} has no property '${name}'`);
  }
  if (property.writeOnly) {
    throw new Problem('property-write-only', `property '${name}' of ${record.id} is write-only`);
  }
}

/** Opens a stream of server-sent events. */
export function streamReply(
  door: ThingDoor,
  kind: Scope['kind'],
  request: RouteRequest,
): RouteReply {
  const body = door.streams.stream(
    scopeOf(door, kind, request),
    lastEventId(request),
    request.access,
  );
  return { status: 200, headers: eventStreamHeaders, body };
}

/** Hangs until the next change; the answer names it in `Last-Event-ID`, and a poll that sends it back misses nothing. */
export async function pollReply(
  door: ThingDoor,
  kind: Scope['kind'],
  request: RouteRequest,
): Promise<RouteReply> {
  const scope = scopeOf(door, kind, request);
  const change = await door.streams.next(scope, {
    last: lastEventId(request),
    signal: request.signal,
    access: request.access,
  });
  return json(change.json ?? 'null', {
    'last-event-id': placeTime(change.place),
    'cache-control': 'no-store',
  });
}

/**
 * Which event the client has seen last.
 *
 * @throws {@link Problem} `bad-request` when it is none of ours.
 */
export function lastEventId(request: RouteRequest): Place | undefined {
  const id = header(request.headers, 'last-event-id') ?? '';
  const place = readPlace(id);
  if (place !== undefined || id === '') return place;
  throw new Problem('bad-request', `Last-Event-ID '${id}' is not an id of these streams`);
}
