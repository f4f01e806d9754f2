import type { Subscription } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';

/** An event that was seen on the bus and is not known to be stored yet. */
interface Seen {
  readonly e: number;
  readonly s: number;
  readonly value: number;
}

interface Stamp {
  readonly e: number;
  readonly s: number;
}

/** Somebody on the bus who sees which events the gateway says it has stored: those a Thing need not keep any more. */
export class Witness implements AsyncDisposable {
  /** The numbers of events that were acknowledged, by Thing. */
  readonly acknowledged = new Map<string, Set<number>>();
  readonly #bus: MqttBus;
  readonly #seen = new Map<string, Seen[]>();

  private constructor(bus: MqttBus) {
    this.#bus = bus;
  }

  static async open(brokerUrl: string): Promise<Witness> {
    const retryMs = { first: 20, longest: 200 };
    const witness = new Witness(await MqttBus.connect(brokerUrl, { retryMs }));
    await witness.#listen('event', (thing, { counted, $ }) => {
      if (counted === undefined || $ === undefined) return;
      const seen = witness.#seen.get(thing) ?? [];
      witness.#seen.set(thing, seen);
      seen.push({ ...$, value: counted.data });
    });
    await witness.#listen('stored', (thing, { e = 0, s = 0 }) => witness.#stored(thing, { e, s }));
    return witness;
  }

  /** How many events were acknowledged. */
  get count(): number {
    return [...this.acknowledged.values()].reduce((sum, { size }) => sum + size, 0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#bus[Symbol.asyncDispose]();
  }

  #listen(
    part: string,
    hear: (
      thing: string,
      message: Partial<Stamp> & { counted?: { data: number }; $?: Stamp },
    ) => void,
  ): Promise<Subscription> {
    return this.#bus.subscribe(`things/+/${part}`, ({ topic, payload }) => {
      hear(topic.split('/')[1] ?? '', JSON.parse(payload.text()));
    });
  }

  #stored(thing: string, { e, s }: Stamp): void {
    const seen = this.#seen.get(thing) ?? [];
    const isStored = (one: Seen) => one.e === e && one.s <= s;
    const acknowledged = this.acknowledged.get(thing) ?? new Set();
    this.acknowledged.set(thing, acknowledged);
    for (const one of seen.filter(isStored)) acknowledged.add(one.value);
    this.#seen.set(
      thing,
      seen.filter((one) => !isStored(one)),
    );
  }
}
