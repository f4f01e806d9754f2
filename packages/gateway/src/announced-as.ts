import { hostname } from 'node:os';
import type { ThingId } from '@thingtalk/core';
import type { GatewaySettings } from './settings/table.ts';

/** What people read where a gateway is found, and what its certificate authority is called after. */
export function announcedTitle({ name }: GatewaySettings): string {
  return name || `thingTalk on ${hostname().split('.', 1)[0]}`;
}

/** A name of its own in `.local`, so that it never contradicts what the machine's own responder says of the machine. */
export function announcedHost(id: ThingId): string {
  return `thingtalk-${id.slice(-12)}.local`;
}
