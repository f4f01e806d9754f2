import { Topics } from '../bus/topics.ts';
import { AlikeTexts } from '../data/alike-texts.ts';
import { interpretedSchemas } from '../data/interpreted-schemas.ts';
import type { SchemaCompiler } from '../data/schema-compiler.ts';
import type { Bus } from '../ports/bus.ts';
import { type Clock, systemClock } from '../ports/clock.ts';
import { type Logger, silentLogger } from '../ports/logger.ts';
import type { ThingMemory } from '../ports/thing-memory.ts';
import { ShapeCache } from '../td/shape.ts';
import { CheckCompiler } from './affordance-checks.ts';
import type { ExposedThing } from './exposed-thing.ts';
import { VolatileMemory } from './memory-outbox.ts';
import { ServedThing } from './served-thing.ts';
import type { ThingDefinition } from './thing-definition.ts';

const dayMs = 86_400_000;

/** What a {@link Servient} works with. */
export interface ServientOptions {
  readonly bus: Bus;
  /** Default: schemas are interpreted, which runs under any CSP; `ajvSchemas()` of `@thingtalk/core/validate` is faster. */
  readonly schemas?: SchemaCompiler;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly topics?: Topics;
  /**
   * Where its Things keep what they say until a gateway has stored it. Default: in memory, 1 MiB for each Thing at most.
   * `openThingMemory()` of `@thingtalk/storage/outbox` keeps it, and the values of the Things, on disk.
   */
  readonly memory?: ThingMemory;
}

/** Everything the Things of one servient share. */
export interface ServientContext {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly topics: Topics;
  readonly checks: CheckCompiler;
  readonly shapes: ShapeCache;
  readonly texts: AlikeTexts;
  readonly memory: ThingMemory;
  /** A new epoch, later than all before it and than `last`, unless that is far ahead of the clock. */
  nextEpoch(last: number): number;
}

/**
 * A process that serves Things and uses those of others, over one bus.
 *
 * @see {@link https://www.w3.org/TR/wot-architecture11/#sec-servient-implementation | WoT Architecture 1.1, Servient}
 */
export class Servient implements AsyncDisposable {
  readonly #context: ServientContext;
  readonly #things = new Set<ServedThing>();
  readonly #closed = (thing: ServedThing): void => {
    this.#things.delete(thing);
  };

  constructor(options: ServientOptions) {
    const clock = options.clock ?? systemClock;
    let epoch = 0;
    this.#context = {
      bus: options.bus,
      clock,
      logger: options.logger ?? silentLogger,
      topics: options.topics ?? new Topics(),
      checks: new CheckCompiler(options.schemas ?? interpretedSchemas()),
      shapes: new ShapeCache(),
      texts: new AlikeTexts(),
      memory: options.memory ?? new VolatileMemory(),
      nextEpoch: (last) => {
        const now = clock.now();
        // Gateways refuse an epoch that is more than a day ahead: then the clock was wrong in that life, not now.
        const before = last > now + dayMs ? 0 : last;
        epoch = Math.max(epoch + 1, before + 1, now);
        return epoch;
      },
    };
  }

  /**
   * Serves a Thing: announces it on the bus and answers what is asked of it.
   *
   * @throws {@link Problem} `td-invalid` when its description does not hold, `data-schema-mismatch` when an initial value does not fit;
   * and what its `start` throws.
   */
  async expose<T>(definition: ThingDefinition<T>): Promise<ExposedThing<T>> {
    const thing = new ServedThing(
      this.#context,
      definition as ThingDefinition<never>,
      this.#closed,
    );
    this.#things.add(thing);
    try {
      await thing.open();
    } catch (error) {
      this.#things.delete(thing);
      throw error;
    }
    return thing as unknown as ExposedThing<T>;
  }

  /** Says goodbye for every Thing; the bus stays open, it belongs to whoever opened it. */
  async drain(): Promise<void> {
    await Promise.all([...this.#things].map((thing) => thing.drain()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }
}
