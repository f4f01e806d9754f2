import type { Clock, FormSource, Route, ThingRecord, Things } from '@thingtalk/core';
import type { ThingFeed } from '../feed/thing-feed.ts';
import { TdRenderer } from '../td/served-td.ts';
import { actionRoutes } from './action-routes.ts';
import { ChangeStreams } from './change-streams.ts';
import { directoryRoutes } from './directory-routes.ts';
import { eventRoutes } from './event-routes.ts';
import { propertyRoutes } from './property-routes.ts';

/** What the W3C door is made of. */
export interface ThingRoutesOptions {
  readonly things: Things;
  /** Shared with the other doors. */
  readonly feed: ThingFeed;
  readonly clock: Clock;
  /** The doors that Thing Descriptions name, in the order of their forms; begin with `httpForms`. */
  readonly forms: readonly FormSource[];
  /** Path under which Things are found. Default `/things`. */
  readonly mount?: string;
  /** Which Thing `/.well-known/wot` introduces. Default: none. */
  readonly introduced?: () => ThingRecord | undefined;
}

/** The rows of the W3C door, and what they share. */
export interface ThingRoutes extends Disposable {
  readonly routes: readonly Route[];
  /** Renders Thing Descriptions as this door serves them. */
  readonly renderer: TdRenderer;
  readonly streams: ChangeStreams;
}

/**
 * The rows by which Things are found and used over HTTP: W3C TD 1.1, HTTP Basic Profile, SSE Profile.
 *
 * Dispose of it after the server has drained.
 */
export function thingRoutes(options: ThingRoutesOptions): ThingRoutes {
  const { things, feed, clock, forms, introduced = () => undefined, mount = '/things' } = options;
  const streams = new ChangeStreams(things, feed, clock);
  const renderer = new TdRenderer(forms, mount);
  const door = { things, streams, clock, mount };
  return {
    routes: [
      ...directoryRoutes({ things, renderer, clock, mount, introduced }),
      ...propertyRoutes(door),
      ...actionRoutes(door),
      ...eventRoutes(door),
    ],
    renderer,
    streams,
    [Symbol.dispose]: () => streams[Symbol.dispose](),
  };
}
