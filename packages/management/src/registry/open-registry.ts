import {
  type Bus,
  BusDirectory,
  type Clock,
  type Logger,
  type Store,
  silentLogger,
  systemClock,
  type ThingRegistry,
  type Things,
  Topics,
} from '@thingtalk/core';
import type { DescriptionArchive } from '../archive/description-archive.ts';
import { JsonPathSearch, type SearchLimits } from '../search/jsonpath-search.ts';
import { BusAnnouncements } from './bus-announcements.ts';
import type { ForgottenThings } from './forgotten-things.ts';
import { Registry } from './registry.ts';

/** What a registry is built on. */
export interface OpenRegistryOptions {
  readonly store: Store;
  readonly things: Things;
  readonly bus: Bus;
  /** The same that `openThings` asks whom to ignore. */
  readonly forgotten: ForgottenThings;
  /**
   * Remembers the Things on the bus, and from now on keeps what they say. Its owner disposes of it, best before the registry:
   * what is announced meanwhile is still kept.
   */
  readonly archive: DescriptionArchive;
  readonly topics?: Topics;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly search?: Partial<SearchLimits>;
}

/** Opens the directory of all Things: those on the bus, and those registered by hand, which it reads from the store. */
export async function openRegistry(options: OpenRegistryOptions): Promise<ThingRegistry> {
  const { store, things, bus, forgotten, archive, search } = options;
  const { topics = new Topics(), clock = systemClock, logger = silentLogger } = options;
  const living = new BusDirectory(things, clock, (thing) => archive.recall(thing));
  const registry = await Registry.open({
    store,
    clock,
    logger,
    forgotten,
    living,
    descriptions: archive.collection,
    announcements: new BusAnnouncements(bus, topics),
    search: new JsonPathSearch(clock, search),
  });
  archive.keep(things, living);
  return registry;
}
