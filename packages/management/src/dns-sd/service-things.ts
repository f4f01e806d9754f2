import type { Clock, Logger } from '@thingtalk/core';
import type { NetworkThing } from '../discovery/network.ts';
import { exploreService } from './explore-service.ts';
import type { FoundThing } from './found-thing.ts';
import { Allowance } from './retrieve.ts';
import type { WotService } from './wot-service.ts';

/** What {@link ServiceThings} work with. */
export interface ServiceThingsParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** For how long what a service said is not asked for again, in milliseconds. */
const freshMs = 5_000;

/** How long one service may take, in milliseconds. */
const patienceMs = 3_000;

/** Bytes that are read in one look, from one address and from all. */
const bytesPerAddress = 8 * 1024 * 1024;
const bytesInAll = 64 * 1024 * 1024;

interface Known {
  readonly at: number;
  readonly things: readonly FoundThing[];
}

/** Fetches what services describe. Whoever is slow, large or wrong costs only those at its own address. */
export class ServiceThings {
  readonly #with: ServiceThingsParts;
  readonly #known = new WeakMap<WotService, Known>();

  constructor(parts: ServiceThingsParts) {
    this.#with = parts;
  }

  /** All they describe, in their order. @param signal gives up what has not been read when it aborts. */
  async of(services: readonly WotService[], signal: AbortSignal): Promise<readonly NetworkThing[]> {
    const inAll = new Allowance(bytesInAll);
    const byAddress = Map.groupBy(services, ({ address }) => address);
    await Promise.all(
      [...byAddress.values()].map(async (neighbours) => {
        const allowance = new Allowance(bytesPerAddress, inAll);
        for (const service of neighbours) {
          if (!signal.aborted) await this.#read(service, signal, allowance);
        }
      }),
    );
    return services.flatMap((service) =>
      (this.#known.get(service)?.things ?? []).map((thing) => ({
        ...thing,
        from: service.instance,
      })),
    );
  }

  async #read(service: WotService, signal: AbortSignal, allowance: Allowance): Promise<void> {
    const { clock, logger } = this.#with;
    const at = clock.now();
    const known = this.#known.get(service);
    if (known !== undefined && at - known.at < freshMs) return;
    const patience = new AbortController();
    using _timer = clock.after(patienceMs, () => patience.abort());
    const things: FoundThing[] = [];
    const until = AbortSignal.any([signal, patience.signal]);
    for await (const thing of exploreService(service, { signal: until, logger, allowance })) {
      things.push(thing);
    }
    this.#known.set(service, { at, things });
  }
}
