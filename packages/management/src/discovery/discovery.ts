import {
  type Adapter,
  type Clock,
  type JsonValue,
  type Logger,
  Problem,
  type ThingId,
  type ThingRegistry,
} from '@thingtalk/core';
import type { ForgottenThings } from '../registry/forgotten-things.ts';
import type { Network } from './network.ts';
import type { Offer, Offered } from './offer.ts';

/** What a {@link Discovery} works with. */
export interface DiscoveryParts {
  readonly registry: ThingRegistry;
  readonly forgotten: ForgottenThings;
  readonly adapters: readonly Adapter[];
  /** Default: nobody is looked for on the network. */
  readonly network?: Network;
  /** Id of the gateway's own Thing, which is offered to others only. */
  readonly self: ThingId;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long one look may take, in milliseconds. */
const lookMs = 5_000;

/** Most Things that are offered. */
const maxOffers = 10_000;

/**
 * The Things that could be adopted: found by adapters, announced on the network, or forgotten once.
 *
 * Nobody is asked for a Thing Description before somebody looks.
 */
export class Discovery implements Disposable {
  readonly #with: DiscoveryParts;
  readonly #stop: () => void;
  #offers: ReadonlyMap<ThingId, Offered> = new Map();
  #looking: Promise<ReadonlyMap<ThingId, Offered>> | undefined;

  constructor(parts: DiscoveryParts) {
    this.#with = parts;
    const { registry, forgotten } = parts;
    this.#stop = registry.watch(({ kind, id }) => {
      if (kind === 'thing_deleted' && forgotten.has(id)) void this.#release(id);
    });
  }

  /** What there is now, by id. Who asks while another looks gets what that one finds. */
  async look(): Promise<readonly Offered[]> {
    return [...(await this.#look()).values()];
  }

  /** One of what was found at the last look, or is found now. @throws `thing-not-found`. */
  async find(id: string): Promise<Offered> {
    const offer = this.#offers.get(id as ThingId) ?? (await this.#look()).get(id as ThingId);
    if (offer !== undefined) return offer;
    throw new Problem('thing-not-found', `'${id}' is not among what can be discovered now`);
  }

  /**
   * Takes a found Thing: its adapter serves it, or its Thing Description is registered, or it is heard again.
   *
   * @returns false when it was adopted already.
   * @throws {@link Problem} `thing-not-found`; what its adapter refuses.
   */
  async adopt(id: string, author: string): Promise<boolean> {
    const { registry, forgotten } = this.#with;
    const offer = await this.find(id);
    const isNew = registry.find(offer.id) === undefined;
    if (forgotten.has(offer.id)) await registry.adopt(offer.id, { author });
    if (offer.via === 'adapter') await offer.adapter.adopt(offer.id);
    else if (offer.via === 'dns-sd' && registry.find(offer.id)?.kind !== 'bus') {
      await registry.put(offer.id, JSON.parse(offer.json) as JsonValue, { author });
    }
    return isNew;
  }

  /** Lets adapters go of what was forgotten before this start. */
  async releaseForgotten(): Promise<void> {
    for (const { id } of this.#with.forgotten.list()) await this.#release(id);
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #look(): Promise<ReadonlyMap<ThingId, Offered>> {
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookNow(): Promise<ReadonlyMap<ThingId, Offered>> {
    const { clock, adapters, registry, self } = this.#with;
    const deadline = new AbortController();
    using _timer = clock.after(lookMs, () => deadline.abort());
    const found = await Promise.all([
      ...adapters.map((adapter) => this.#ofAdapter(adapter, deadline.signal)),
      this.#ofNetwork(deadline.signal),
    ]);
    const now = clock.now();
    const offers = new Map<ThingId, Offered>();
    // Of two who offer one Thing, who serves it goes before who only describes it.
    for (const offer of [...found.flat(), ...this.#ofForgotten()]) {
      if (offer.id === self || offers.has(offer.id) || offers.size === maxOffers) continue;
      const foundAt = this.#offers.get(offer.id)?.foundAt ?? now;
      offers.set(offer.id, { ...offer, foundAt, isAdopted: registry.find(offer.id) !== undefined });
    }
    this.#offers = offers;
    return offers;
  }

  async #ofNetwork(signal: AbortSignal): Promise<readonly Offer[]> {
    const things = (await this.#with.network?.things(signal)) ?? [];
    return things.map((thing) => ({ ...thing, via: 'dns-sd' }));
  }

  /** An adapter that does not end its search in time is no longer listened to. */
  async #ofAdapter(adapter: Adapter, signal: AbortSignal): Promise<readonly Offer[]> {
    const offers: Offer[] = [];
    const search = async () => {
      for await (const { id, td } of adapter.discover(signal)) {
        if (signal.aborted) return;
        const { title } = td;
        offers.push({
          id,
          title,
          json: JSON.stringify(td),
          via: 'adapter',
          from: adapter.name,
          adapter,
        });
      }
    };
    try {
      await Promise.race([search(), aborted(signal)]);
    } catch (err) {
      this.#with.logger.warn(
        { err, adapter: adapter.name },
        'an adapter could not look for devices',
      );
    }
    return offers;
  }

  #ofForgotten(): readonly Offer[] {
    return this.#with.forgotten.list().map(({ id, kept }) => {
      const json = kept.td ?? JSON.stringify({ id });
      return { id, title: titleOf(json) ?? id, json, via: 'forgotten', from: 'bus' };
    });
  }

  /** A forgotten Thing is no longer served by its adapter, which can find it again. */
  async #release(id: ThingId): Promise<void> {
    for (const adapter of this.#with.adapters) {
      try {
        await adapter.forget(id);
        return;
      } catch (err) {
        if (err instanceof Problem && err.name === 'thing-not-found') continue;
        this.#with.logger.warn(
          { err, id, adapter: adapter.name },
          'an adapter kept a forgotten Thing',
        );
      }
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}

function titleOf(json: string): string | undefined {
  try {
    const { title } = JSON.parse(json) as { title?: unknown };
    return typeof title === 'string' ? title : undefined;
  } catch {
    return undefined;
  }
}
