import type { ThingId } from '@thingtalk/core';

/** An id as a segment of a path: percent-encoded, except for colons, which read better as they are. */
export function thingSegment(id: ThingId): string {
  return encodeURIComponent(id).replaceAll('%3A', ':');
}

/** Where a Thing is found: `/things/urn:dev:lamp`. */
export function thingPath(id: ThingId): string {
  return `/things/${thingSegment(id)}`;
}
