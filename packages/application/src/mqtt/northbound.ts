import {
  asProblem,
  type Bus,
  type BusMessage,
  type Clock,
  type JsonValue,
  type Keep,
  type Logger,
  Payload,
  Problem,
  silentLogger,
  systemClock,
  type ThingNote,
  type ThingRecord,
  type Things,
  Topics,
} from '@thingtalk/core';
import { thingSegment } from '../td/thing-path.ts';
import { NorthboundTopics } from './northbound-topics.ts';
import { PublishedValues } from './published-values.ts';

/** What the northbound MQTT door is made of. */
export interface NorthboundMqttOptions {
  readonly things: Things;
  readonly bus: Bus;
  /** The topics of the bus. Default: without a prefix. */
  readonly topics?: Topics;
  /** How a broker that begins with nothing, and has let nobody in yet, is given the values there are. Default: it may have some. */
  readonly keep?: Keep | undefined;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** The northbound MQTT door; disposing of it leaves what is retained for those who come later. */
export type NorthboundMqtt = AsyncDisposable;

/** How long Things have after the start to announce themselves, before values of unknown ones are cleared, in milliseconds. */
const settleMs = 10_000;

/**
 * Serves each affordance on a topic of its own, for WoT clients that speak MQTT: the value of every property retained,
 * writes on `/set`, actions with their states on `/status`, events; refusals go to `things/<id>/error`.
 *
 * @see {@link https://w3c.github.io/wot-binding-templates/bindings/protocols/mqtt/ | WoT MQTT Binding}
 */
export async function startNorthboundMqtt(options: NorthboundMqttOptions): Promise<NorthboundMqtt> {
  await using stack = new AsyncDisposableStack();
  const door = new NorthboundDoor(options);
  const { bus, keep } = options;
  const { topics } = door;
  stack.use(await bus.subscribe(topics.writes, (message) => door.write(message)));
  stack.use(await bus.subscribe(topics.invocations, (message) => door.invoke(message)));
  if (keep === undefined) stack.use(await clearStale(options, topics));
  stack.defer(options.things.watch('all', (note) => door.tell(note)));
  for (const thing of options.things.list()) door.publishAll(thing, keep);
  const owned = stack.move();
  return { [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

class NorthboundDoor {
  readonly topics: NorthboundTopics;
  readonly #things: Things;
  readonly #bus: Bus;
  readonly #busTopics: Topics;
  readonly #logger: Logger;
  readonly #values: PublishedValues;
  /** Action topics we have just cleared: the empty message that did it comes back to us, and invokes nothing. */
  readonly #cleared = new Set<string>();

  constructor({
    things,
    bus,
    topics = new Topics(),
    logger = silentLogger,
  }: NorthboundMqttOptions) {
    this.topics = new NorthboundTopics(topics);
    this.#things = things;
    this.#bus = bus;
    this.#busTopics = topics;
    this.#logger = logger;
    this.#values = new PublishedValues(this.topics, (topic, payload) =>
      this.#publish(topic, payload, true),
    );
  }

  /** Says on its topics what happened. */
  tell(note: ThingNote): void {
    switch (note.kind) {
      case 'property':
        this.#values.publish(note.thing, note.name, note.state);
        return;
      case 'event':
        this.#publish(this.topics.of(note.thing.level, 'events', note.name), payloadOf(note.data));
        return;
      case 'action': {
        const { action: _, ...status } = note.status;
        const topic = this.topics.status(note.thing.level, note.name);
        this.#publish(topic, Payload.of(status as unknown as JsonValue));
        return;
      }
      case 'updated':
        this.#values.clearMissing(note.thing);
        return;
      case 'removed':
        this.#values.clear(note.thing);
        return;
      case 'created':
      case 'liveness':
        return;
    }
  }

  /** Publishes every value a Thing has; where nobody listens yet, it is only kept. */
  publishAll(thing: ThingRecord, keep?: Keep): void {
    for (const name of thing.shape.properties.keys()) {
      const state = thing.property(name);
      if (state) this.#values.publish(thing, name, state, keep);
    }
  }

  /** Carries out what was published to `.../properties/<name>/set`. */
  write(message: BusMessage): void {
    if (message.payload.isEmpty) return;
    this.#perform(message, ({ id }, name) => {
      const value = message.payload.json();
      return this.#things.writeProperties(id, { [name]: value });
    });
  }

  /** Carries out what was published to `.../actions/<name>`: the input, or nothing. */
  invoke(message: BusMessage): void {
    const { topic, payload } = message;
    if (payload.isEmpty && this.#cleared.delete(topic)) return;
    this.#perform(message, ({ id }, name) => {
      const input = payload.isEmpty ? undefined : payload.json();
      return this.#things.invokeAction(id, name, input);
    });
  }

  #perform(
    { topic, retain }: BusMessage,
    request: (thing: ThingRecord, name: string) => Promise<unknown>,
  ): void {
    const place = this.topics.parse(topic);
    const level = place?.level ?? '';
    const attempt = async () => {
      if (retain) this.#clearCommand(topic);
      if (place === undefined) throw new Problem('bad-request', `'${topic}' is badly encoded`);
      const thing = this.#things.find(this.#busTopics.parse(topic)?.id ?? level);
      if (thing === undefined) {
        throw new Problem('thing-not-found', `there is no Thing '${level}'`);
      }
      await request(thing, place.name);
    };
    attempt().catch((error: unknown) => this.#refuse(topic, error));
  }

  #clearCommand(topic: string): never {
    this.#cleared.add(topic);
    this.#publish(topic, Payload.empty, true);
    throw new Problem(
      'command-retained',
      `${topic} was retained; it is cleared and not carried out`,
    );
  }

  #refuse(topic: string, error: unknown): void {
    const problem = asProblem(error, (cause, incident) =>
      this.#logger.error({ err: cause, incident, topic }, 'a northbound request failed'),
    );
    const parsed = this.#busTopics.parse(topic);
    if (parsed === undefined) return;
    const [name = ''] = parsed.rest;
    const about = problem.at(
      `/things/${thingSegment(parsed.id)}/${parsed.part}/${encodeURIComponent(name)}`,
    );
    this.#publish(
      this.#busTopics.at(parsed.level, 'error'),
      Payload.of(about.toJSON() as unknown as JsonValue),
    );
  }

  #publish(topic: string, payload: Payload, retain = false): void {
    this.#bus.publish(topic, payload, { retain }).catch((error: unknown) => {
      this.#logger.warn({ err: error, topic }, 'a northbound message could not be published');
    });
  }
}

const nothing = Payload.ofText('null');

/** An event without data says `null`: an empty payload would be no JSON. */
function payloadOf(data: JsonValue | undefined): Payload {
  return data === undefined ? nothing : Payload.of(data);
}

/**
 * Clears values that an earlier run left on the broker for properties that are gone since: once, after the Things had
 * their time to announce themselves. The subscription is given up as soon as the broker has handed them over.
 */
async function clearStale(
  { things, bus, clock = systemClock, logger = silentLogger }: NorthboundMqttOptions,
  topics: NorthboundTopics,
): Promise<AsyncDisposable> {
  const retained = new Set<string>();
  const subscription = await bus.subscribe(topics.values, ({ topic, retain, payload }) => {
    if (retain && !payload.isEmpty) retained.add(topic);
  });
  const timer = clock.after(settleMs, () => {
    void subscription[Symbol.asyncDispose]();
    const known = new Set(
      things
        .list()
        .flatMap(({ level, shape }) =>
          [...shape.properties.keys()].map((name) => topics.of(level, 'properties', name)),
        ),
    );
    for (const topic of retained) {
      if (known.has(topic)) continue;
      bus.publish(topic, Payload.empty, { retain: true }).catch((error: unknown) => {
        logger.warn({ err: error, topic }, 'a value that is out of date could not be cleared');
      });
    }
  });
  return {
    async [Symbol.asyncDispose]() {
      timer.cancel();
      await subscription[Symbol.asyncDispose]();
    },
  };
}
