import {
  BusDirectory,
  type Clock,
  type FormSource,
  type Route,
  type RouteRequest,
  type ThingRecord,
  type ThingRegistry,
  type Things,
} from '@thingtalk/core';
import { PermittedShapes } from '../access/permitted-shape.ts';
import { DirectoryViews, ThingViews } from '../access/reader-views.ts';
import type { ThingFeed } from '../feed/thing-feed.ts';
import { EntryRenderer } from '../td/served-entry.ts';
import { TdRenderer } from '../td/served-td.ts';
import type { TdSecurity } from '../td/td-security.ts';
import { actionRoutes } from './action-routes.ts';
import { ChangeStreams } from './change-streams.ts';
import { directoryEventRoutes } from './directory-event-routes.ts';
import { DirectoryListings } from './directory-listings.ts';
import { directoryRoutes, explained } from './directory-routes.ts';
import { DirectoryStreams } from './directory-streams.ts';
import { eventRoutes } from './event-routes.ts';
import { MemoryLog } from './memory-log.ts';
import { propertyRoutes } from './property-routes.ts';
import { registryRoutes } from './registry-routes.ts';
import { searchRoutes } from './search-routes.ts';

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
  /** Where Thing Descriptions can be registered and searched. Default: nowhere, and what is on the bus is found all the same. */
  readonly registry?: ThingRegistry;
  /** What a client must show at these doors, for the Thing Descriptions. Default: nothing. */
  readonly security?: TdSecurity;
  /** Who asks for a change of the registry. Default: the id of the principal. */
  readonly author?: (request: RouteRequest) => string;
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
  const { registry, author } = options;
  const owned = new DisposableStack();
  const streams = owned.use(new ChangeStreams(things, feed, clock));
  const renderer = new TdRenderer(forms, mount, options.security);
  const entries = new EntryRenderer(renderer);
  const directory = registry ?? owned.use(new BusDirectory(things, clock));
  const shapes = new PermittedShapes();
  const views = new ThingViews(things, shapes);
  const directories = new DirectoryViews(directory, shapes);
  const listings = new DirectoryListings({ directory, directories, entries, clock, mount });
  const log = registry?.log ?? owned.use(new MemoryLog(directory, clock));
  const changes = owned.use(new DirectoryStreams({ directories, log, entries, clock }));
  const door = { views, streams, clock, mount };
  const rows = [
    ...directoryRoutes({ views, directories, entries, listings, clock, mount, introduced }),
    ...propertyRoutes(door),
    ...actionRoutes(door),
    ...eventRoutes(door),
  ];
  const changed = registry && [
    ...registryRoutes({ registry, directories, mount, introduced, ...(author && { author }) }),
    ...searchRoutes({ registry, listings }),
  ];
  return {
    routes: [...explained(directories, rows), ...directoryEventRoutes(changes), ...(changed ?? [])],
    renderer,
    streams,
    [Symbol.dispose]: () => owned[Symbol.dispose](),
  };
}
