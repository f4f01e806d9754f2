import type { SchemaCompiler } from '../data/schema-compiler.ts';
import type { ThingDescription } from '../td/thing-description.ts';
import type { ThingId } from '../td/thing-id.ts';
import type { Bus } from './bus.ts';
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { ThingMemory } from './thing-memory.ts';

/** What an adapter is given to work with; it meets the rest of the world on the bus alone. */
export interface AdapterHost {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Shared by all, so that a schema is compiled once. Default: the adapter's own. */
  readonly schemas?: SchemaCompiler;
  /** What all topics begin with, as `new Topics(topicPrefix)` takes it. Default: nothing. */
  readonly topicPrefix?: string;
  /** What is known of the adapter's Things from before, for its servient. Default: nothing, they begin anew. */
  readonly memory?: ThingMemory;
}

/** A device that an adapter found and that nobody has adopted yet. */
export interface DiscoveredThing {
  readonly id: ThingId;
  readonly td: ThingDescription;
}

/** How an adapter is doing. */
export type AdapterHealth =
  | { readonly state: 'running'; readonly things: number }
  | { readonly state: 'failing'; readonly reason: string; readonly since: number }
  | { readonly state: 'stopped' };

/**
 * A southbound bridge: makes Things of devices that speak something else.
 *
 * Every adapter runs `adapterConformance` from `@thingtalk/core/testing`.
 */
export interface Adapter {
  readonly name: string;
  readonly health: AdapterHealth;
  /** Connects and exposes the Things it already knows; throws a `Problem` that says what to mend. */
  start(host: AdapterHost): Promise<void>;
  /** Looks for devices until `signal` aborts or there is nowhere left to look. */
  discover(signal: AbortSignal): AsyncIterable<DiscoveredThing>;
  /** Exposes a discovered device as a Thing. @throws `thing-not-found` when it was never discovered. */
  adopt(id: ThingId): Promise<void>;
  /** Takes a Thing away and clears what it retained. @throws `thing-not-found` when it is not one of its own. */
  forget(id: ThingId): Promise<void>;
  /** Ends in good order: runs are cancelled, Things say goodbye, handles are closed. */
  drain(): Promise<void>;
}
