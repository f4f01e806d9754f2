import type { BusMessage, Subscription } from '../ports/bus.ts';
import type { WireFilter } from './mqtt-link.ts';
import { TopicRouter } from './topic-router.ts';

/** How long after the last retained message a replay counts as over. */
const quietMs = 5_000;

/** What a new subscription needs to know. */
export interface MqttSubscriptionOptions {
  readonly now: number;
  /** Called when the last listener of a filter has left. */
  readonly onLast: (wire: WireFilter) => Promise<void> | undefined;
}

interface Listeners extends WireFilter {
  readonly all: Set<MqttSubscription>;
}

/** Who listens on one {@link MqttBus}: each filter stands on the wire once, however many listen. */
export class MqttSubscriptions {
  readonly #router = new TopicRouter<Listeners>();
  readonly #byFilter = new Map<string, Listeners>();
  readonly #byId = new Map<number, Listeners>();
  #lastId = 0;

  /** Adds a listener; the caller puts its filter on the wire, again if it stands there already: only so comes what is retained. */
  add(
    filter: string,
    listener: (message: BusMessage) => void,
    { now, onLast }: MqttSubscriptionOptions,
  ): MqttSubscription {
    const listeners = this.#byFilter.get(filter) ?? this.#begin(filter);
    const subscription = new MqttSubscription(listeners, listener, {
      now,
      end: async () => {
        listeners.all.delete(subscription);
        if (listeners.all.size > 0) return;
        this.#end(listeners);
        await onLast(listeners);
      },
    });
    listeners.all.add(subscription);
    return subscription;
  }

  /** All filters that must be put on a new wire; what is retained is everybody's again. */
  restart(now: number): readonly WireFilter[] {
    const wanted = [...this.#byFilter.values()];
    for (const { all } of wanted) for (const subscription of all) subscription.restart(now);
    return wanted;
  }

  /** Who hears a message: the filters it came for, where the broker says so, else all that fit. */
  of(topic: string, ids: readonly number[] | undefined): readonly MqttSubscription[] {
    const found: Listeners[] = [];
    if (ids === undefined) this.#router.match(topic, found);
    for (const id of ids ?? []) {
      const listeners = this.#byId.get(id);
      if (listeners !== undefined) found.push(listeners);
    }
    return found.flatMap(({ all }) => [...all]);
  }

  #begin(filter: string): Listeners {
    const listeners = { filter, id: ++this.#lastId, all: new Set<MqttSubscription>() };
    this.#byFilter.set(filter, listeners);
    this.#byId.set(listeners.id, listeners);
    this.#router.add(filter, listeners);
    return listeners;
  }

  #end(listeners: Listeners): void {
    this.#byFilter.delete(listeners.filter);
    this.#byId.delete(listeners.id);
    this.#router.remove(listeners.filter, listeners);
  }
}

/**
 * One listener.
 *
 * A broker sends what is retained again whenever anybody on the connection subscribes to the filter, or with 3.1.1 to an
 * overlapping one, and no mark says when it has sent it all. So each listener takes each retained topic once.
 */
export class MqttSubscription implements Subscription {
  readonly wire: WireFilter;
  readonly #listener: (message: BusMessage) => void;
  readonly #end: () => Promise<void>;
  #replayed: Set<string> | undefined = new Set();
  #quietSince: number;
  #isActive = true;

  constructor(
    wire: WireFilter,
    listener: (message: BusMessage) => void,
    how: { readonly now: number; readonly end: () => Promise<void> },
  ) {
    this.wire = wire;
    this.#listener = listener;
    this.#quietSince = how.now;
    this.#end = how.end;
  }

  get filter(): string {
    return this.wire.filter;
  }

  /** From now on retained messages are its own again: it has been subscribed anew. */
  restart(now: number): void {
    this.#replayed = new Set();
    this.#quietSince = now;
  }

  /** Gives the message to the listener, unless it is another's replay. */
  hear(message: BusMessage, now: number): void {
    if (!this.#isActive || (message.retain && !this.#isFresh(message.topic, now))) return;
    this.#listener(message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isActive) return;
    this.#isActive = false;
    await this.#end();
  }

  #isFresh(topic: string, now: number): boolean {
    if (now - this.#quietSince > quietMs) this.#replayed = undefined;
    if (this.#replayed === undefined || this.#replayed.has(topic)) return false;
    this.#replayed.add(topic);
    this.#quietSince = now;
    return true;
  }
}
