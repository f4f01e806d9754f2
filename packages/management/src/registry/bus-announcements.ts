import { type Bus, type BusMessage, Payload, type Topics } from '@thingtalk/core';

/** What a Thing keeps on the broker, in the order in which it is best heard. */
const parts = ['td', 'status', 'values'] as const;

/** What a broker keeps of one Thing, as JSON text. */
export type Kept = { readonly [part in (typeof parts)[number]]?: string };

/** What Things keep on the broker: looked at, taken away, said again. */
export class BusAnnouncements {
  readonly #bus: Bus;
  readonly #topics: Topics;

  constructor(bus: Bus, topics: Topics) {
    this.#bus = bus;
    this.#topics = topics;
  }

  /** What the broker keeps from `level` now. */
  async kept(level: string): Promise<Kept> {
    const found: { -readonly [part in keyof Kept]: Kept[part] } = {};
    await using subscriptions = new AsyncDisposableStack();
    const look = async (topic: string, listener: (message: BusMessage) => void) => {
      subscriptions.use(await this.#bus.subscribe(topic, listener));
    };
    for (const part of parts) {
      await look(this.#topics.at(level, part), ({ retain, payload }) => {
        if (retain && !payload.isEmpty) found[part] = payload.text();
      });
    }
    // A broker hands over what it keeps for one filter before it answers to the next, and nothing is kept here.
    await look(this.#topics.at(level, 'stored'), () => {});
    return found;
  }

  /** Clears what the broker keeps from `level`: for all who listen the Thing is gone. */
  async clear(level: string): Promise<void> {
    for (const part of parts) await this.#publish(level, part, Payload.empty);
  }

  /** Says again what was kept. */
  async say(level: string, kept: Kept): Promise<void> {
    for (const part of parts) {
      const text = kept[part];
      if (text !== undefined) await this.#publish(level, part, Payload.ofText(text));
    }
  }

  #publish(level: string, part: (typeof parts)[number], payload: Payload): Promise<void> {
    return this.#bus.publish(this.#topics.at(level, part), payload, { retain: true });
  }
}
