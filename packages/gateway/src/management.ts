import type {
  Bus,
  Clock,
  Keep,
  Logger,
  Store,
  ThingId,
  ThingRegistry,
  Things,
  Topics,
} from '@thingtalk/core';
import {
  DescriptionArchive,
  Discovery,
  type DiscoveryParts,
  ForgottenThings,
  openRegistry,
} from '@thingtalk/management';

/** What the management of a gateway works with. */
export interface ManagementParts {
  readonly store: Store;
  readonly bus: Bus;
  readonly topics: Topics;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tells the bus from those of other gateways that share the store. */
  readonly busName: string;
  /** How a broker that begins with nothing is given what there was. */
  readonly keep: Keep | undefined;
  /** How long its end may take, in milliseconds. */
  readonly drainMs: number;
}

/** Which Things there are: kept over restarts, forgotten when told so, registered by hand. */
export class Management implements AsyncDisposable {
  readonly #with: ManagementParts;
  readonly #forgotten: ForgottenThings;
  readonly #archive: DescriptionArchive;
  #registry: ThingRegistry | undefined;

  private constructor(
    parts: ManagementParts,
    forgotten: ForgottenThings,
    archive: DescriptionArchive,
  ) {
    this.#with = parts;
    this.#forgotten = forgotten;
    this.#archive = archive;
  }

  /** Reads whom to ignore, and which Things there were; a broker that begins with nothing is told. */
  static async open(parts: ManagementParts): Promise<Management> {
    const forgotten = await ForgottenThings.open(parts.store);
    // Less than all of it, so that the archive says itself what it could not store.
    const archive = await DescriptionArchive.open({ ...parts, drainMs: parts.drainMs * 0.8 });
    return new Management(parts, forgotten, archive);
  }

  /** Whether what this Thing says of itself is left unheard. */
  ignores(id: ThingId): boolean {
    return this.#forgotten.has(id);
  }

  /** Begins to keep what is known of `things`; resolves with their registry. */
  async manage(things: Things): Promise<ThingRegistry> {
    const [archive, forgotten] = [this.#archive, this.#forgotten];
    this.#registry = await openRegistry({ ...this.#with, things, archive, forgotten });
    return this.#registry;
  }

  /** What could be adopted; once it is managed which Things there are. */
  discover(where: Pick<DiscoveryParts, 'adapters' | 'network' | 'self'>): Discovery {
    const registry = this.#registry;
    if (registry === undefined) throw new Error('discovery needs a registry to adopt into');
    return new Discovery({ ...this.#with, ...where, registry, forgotten: this.#forgotten });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#archive[Symbol.asyncDispose]();
    await this.#registry?.[Symbol.asyncDispose]();
  }
}
