import { type Bus, type Clock, type Logger, Payload, type Topics } from '@thingtalk/core';

/** What a Thing keeps on the broker. */
const retainedParts = ['td', 'values', 'status'] as const;

/** How long the broker may take to say what it keeps, in milliseconds. */
const replayMs = 2_000;

/** What {@link BusAnnouncements} work with. */
export interface BusAnnouncementsParts {
  readonly bus: Bus;
  readonly topics: Topics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What Things keep on the broker: taken away, or said once more to those who ignored it. */
export class BusAnnouncements implements AsyncDisposable {
  readonly #with: BusAnnouncementsParts;
  readonly #replays = new Set<AsyncDisposable>();

  constructor(parts: BusAnnouncementsParts) {
    this.#with = parts;
  }

  /** Clears what the Thing that speaks from `level` keeps: for all who listen it is gone. */
  async clear(level: string): Promise<void> {
    const { bus, topics } = this.#with;
    for (const part of retainedParts) {
      await bus.publish(topics.at(level, part), Payload.empty, { retain: true });
    }
  }

  /** Says again what the broker keeps from `level`. */
  async replay(level: string): Promise<void> {
    const { bus, topics, clock, logger } = this.#with;
    const replay = new AsyncDisposableStack();
    this.#replays.add(replay);
    const end = () => {
      this.#replays.delete(replay);
      replay.disposeAsync().catch((error: unknown) => {
        logger.warn({ err: error, level }, 'a replay did not end well');
      });
    };
    replay.use(clock.after(replayMs, end));
    for (const part of retainedParts) {
      const subscription = await bus.subscribe(topics.at(level, part), (message) => {
        if (!message.retain || message.payload.isEmpty) return;
        bus.publish(message.topic, message.payload, { retain: true }).catch((error: unknown) => {
          logger.warn({ err: error, topic: message.topic }, 'an announcement was not said again');
        });
      });
      replay.use(subscription);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#replays].map((replay) => replay[Symbol.asyncDispose]()));
  }
}
