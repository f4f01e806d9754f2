import type { Route } from '@thingtalk/core';
import { json, refusals, streamHead } from './replies.ts';
import { pollReply, scopeOf, streamReply, type ThingDoor, thingParam } from './thing-door.ts';

const tags = ['Events'];
const params = { ...thingParam, name: 'Name of the event' };
const streamResponse = {
  description:
    'Server-sent events: `event` is the name, `data` the JSON, `id` the time; `Last-Event-ID` resumes',
  contentType: 'text/event-stream',
  schema: { type: 'string' },
};

/**
 * The rows by which events are subscribed to.
 *
 * @see {@link https://w3c.github.io/wot-profile/#sec-http-sse-profile | HTTP SSE Profile}
 */
export function eventRoutes(door: ThingDoor): Route[] {
  return [
    {
      method: 'GET',
      path: `${door.mount}/:id/events`,
      operationId: 'subscribeAllEvents',
      summary: 'Streams all events of a Thing',
      tags,
      params: thingParam,
      responses: { 200: streamResponse, 404: refusals[404] },
      op: 'subscribeallevents',
      head: (request) => {
        scopeOf(door, 'event', request);
        return streamHead();
      },
      handle: (request) => streamReply(door, 'event', request),
    },
    {
      method: 'GET',
      path: `${door.mount}/:id/events/:name`,
      operationId: 'subscribeEvent',
      summary: 'Streams one kind of event',
      tags,
      params,
      responses: { 200: streamResponse, 404: refusals[404] },
      op: 'subscribeevent',
      head: (request) => {
        scopeOf(door, 'event', request);
        return streamHead();
      },
      handle: (request) => streamReply(door, 'event', request),
    },
    {
      method: 'GET',
      path: `${door.mount}/:id/events/:name/subscribe`,
      operationId: 'pollEvent',
      summary: 'Hangs until the event happens',
      description: 'Send `Last-Event-ID` of one answer with the next poll, and no event is missed.',
      tags,
      params,
      responses: {
        200: { description: 'Its data', contentType: 'application/json', schema: {} },
        404: refusals[404],
      },
      op: 'subscribeevent',
      hangs: true,
      head: (request) => {
        scopeOf(door, 'event', request);
        return json('');
      },
      handle: (request) => pollReply(door, 'event', request),
    },
  ];
}
