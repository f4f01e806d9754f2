import type {
  Bus,
  Clock,
  Logger,
  Store,
  ThingId,
  ThingRegistry,
  Things,
  Topics,
} from '@thingtalk/core';
import { DescriptionArchive, ForgottenThings, openRegistry } from '@thingtalk/management';
import { Discovery, type DiscoveryParts } from '@thingtalk/management/discovery';

/** What the management of a gateway works with. */
export interface ManagementParts {
  readonly store: Store;
  readonly bus: Bus;
  readonly topics: Topics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Which Things there are: kept over restarts, forgotten when told so, registered by hand. */
export class Management implements AsyncDisposable {
  readonly #with: ManagementParts;
  readonly #forgotten: ForgottenThings;
  readonly #archive: DescriptionArchive;
  #registry: ThingRegistry | undefined;

  private constructor(parts: ManagementParts, forgotten: ForgottenThings) {
    this.#with = parts;
    this.#forgotten = forgotten;
    this.#archive = new DescriptionArchive(parts);
  }

  /** Reads whom to ignore; nothing is said on the bus yet. */
  static async open(parts: ManagementParts): Promise<Management> {
    return new Management(parts, await ForgottenThings.open(parts.store));
  }

  /** Tells an empty broker which Things there were. */
  seed(): Promise<void> {
    return this.#archive.seed(this.#with.bus, this.#with.topics);
  }

  /** Whether what this Thing says of itself is left unheard. */
  ignores(id: ThingId): boolean {
    return this.#forgotten.has(id);
  }

  /** Begins to keep what is known of `things`; resolves with their registry. */
  async manage(things: Things): Promise<ThingRegistry> {
    this.#archive.keep(things);
    this.#registry = await openRegistry({ ...this.#with, things, forgotten: this.#forgotten });
    return this.#registry;
  }

  /** What could be adopted; once it is managed which Things there are. */
  discover(where: Pick<DiscoveryParts, 'adapters' | 'dnsSd' | 'self'>): Discovery {
    const registry = this.#registry;
    if (registry === undefined) throw new Error('discovery needs a registry to adopt into');
    return new Discovery({ ...this.#with, ...where, registry, forgotten: this.#forgotten });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registry?.[Symbol.asyncDispose]();
    await this.#archive[Symbol.asyncDispose]();
  }
}
