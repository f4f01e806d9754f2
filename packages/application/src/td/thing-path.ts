import type { ThingId } from '@thingtalk/core';

/** Text as a segment of a path: percent-encoded, except for colons, which read better as they are. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':');
}

/** An id as a segment of a path. */
export function thingSegment(id: ThingId): string {
  return encodeSegment(id);
}
