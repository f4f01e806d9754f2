import {
  type Adapter,
  type AdapterHealth,
  type AdapterHost,
  type DiscoveredThing,
  type ExposedThing,
  type JsonValue,
  Problem,
  parseThingDescription,
  Servient,
  type ThingDefinition,
  type ThingId,
  Topics,
} from '@thingtalk/core';
import { House } from './house.ts';
import { furniture, spares } from './things/index.ts';

/** How a virtual house lives. */
export interface VirtualHouseOptions {
  /** Decides everything that chance decides: the same seed and the same clock give the same messages. Default 1. */
  readonly seed?: number;
  /** Minutes of the house's day in one minute of the clock. Default 60: a day takes 24 minutes. */
  readonly pace?: number;
}

/**
 * A house of simulated Things that live by themselves and depend on one another; the reference adapter.
 *
 * Its Things are `urn:thingtalk:virtual:<name>`, the same for every seed. A forgotten one can be discovered again.
 */
export function virtualHouse(options: VirtualHouseOptions = {}): Adapter {
  return new VirtualHouse(options.seed ?? 1, options.pace ?? 60);
}

interface Running {
  readonly house: House;
  readonly servient: Servient;
  /** All there is, whether adopted or not. */
  readonly definitions: ReadonlyMap<ThingId, ThingDefinition>;
}

class VirtualHouse implements Adapter {
  readonly name = 'virtual';
  readonly #seed: number;
  readonly #pace: number;
  readonly #adopted = new Map<ThingId, ExposedThing<unknown>>();
  #running: Running | undefined;

  constructor(seed: number, pace: number) {
    this.#seed = seed;
    this.#pace = pace;
  }

  get health(): AdapterHealth {
    if (this.#running === undefined) return { state: 'stopped' };
    return { state: 'running', things: this.#adopted.size };
  }

  async start(host: AdapterHost): Promise<void> {
    if (this.#running !== undefined)
      throw new Problem('conflict', 'the virtual house lives already');
    const house = new House({ seed: this.#seed, clock: host.clock, pace: this.#pace });
    const present = furniture(house);
    this.#running = {
      house,
      servient: new Servient({
        bus: host.bus,
        clock: host.clock,
        logger: host.logger,
        topics: new Topics(host.topicPrefix),
        ...(host.schemas && { schemas: host.schemas }),
        ...(host.memory && { memory: host.memory }),
      }),
      definitions: new Map([...present, ...spares(house)].map((thing) => [thing.id, thing])),
    };
    for (const { id } of present) await this.adopt(id);
    house.start();
  }

  async *discover(signal: AbortSignal): AsyncIterable<DiscoveredThing> {
    for (const [id, { td }] of this.#here().definitions) {
      if (signal.aborted) return;
      if (this.#adopted.has(id)) continue;
      yield { id, td: parseThingDescription(td as unknown as JsonValue, { id }) };
    }
  }

  async adopt(id: ThingId): Promise<void> {
    const { definitions, servient } = this.#here();
    const definition = definitions.get(id);
    if (definition === undefined) {
      throw new Problem('thing-not-found', `'${id}' is not in the virtual house`);
    }
    if (!this.#adopted.has(id)) this.#adopted.set(id, await servient.expose(definition));
  }

  async forget(id: ThingId): Promise<void> {
    const thing = this.#adopted.get(id);
    if (thing === undefined) {
      throw new Problem('thing-not-found', `'${id}' was not adopted from the virtual house`);
    }
    this.#adopted.delete(id);
    await thing.remove();
  }

  async drain(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    this.#adopted.clear();
    running.house.stop();
    await running.servient.drain();
  }

  #here(): Running {
    if (this.#running === undefined)
      throw new Problem('conflict', 'the virtual house is not started');
    return this.#running;
  }
}
