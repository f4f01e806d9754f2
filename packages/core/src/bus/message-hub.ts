import type { Payload } from '../data/payload.ts';
import type { BusMessage } from '../ports/bus.ts';
import { Problem } from '../problem/problem.ts';
import { RetainedStore } from './retained-store.ts';
import { TopicRouter } from './topic-router.ts';
import { checkTopic } from './topic-rules.ts';

/** Somebody who wants the messages of a filter. */
export interface HubListener {
  readonly filter: string;
  /** False once it has left: then it hears nothing more, not even the message under way. */
  readonly active: boolean;
  hear(message: HubMessage): void;
}

/** A message under way in a hub. */
export interface HubMessage extends BusMessage {
  /** What the publisher asked for; a wire may use it. */
  readonly qos: 0 | 1 | 2;
  /** Whether it is kept for those who subscribe later. */
  readonly isKept: boolean;
  /** Who published it, where that matters: the id of a wire client. */
  readonly publisher: string | undefined;
}

/** How a message enters a hub. */
export interface HubPublishOptions {
  readonly retain?: boolean;
  readonly qos?: 0 | 1 | 2;
  readonly publisher?: string | undefined;
}

/** What a hub may be told. */
export interface HubOptions {
  /** Told of what a listener throws; the others hear the message all the same. Default: the console. */
  readonly onError?: (error: unknown, message: BusMessage) => void;
  /** Most messages that may wait while others are delivered. Default 100,000. */
  readonly maxWaiting?: number;
}

const replayed = { retain: true, qos: 0, isKept: true, publisher: undefined } as const;

/** Messages delivered at a stretch before other work of the process gets its turn. */
const stretch = 1_000;

/**
 * The heart of every bus in this process: takes messages in, hands each to whom it concerns, keeps what is retained.
 *
 * Delivery is a trampoline. A message published while nothing is under way reaches all its listeners before `publish`
 * returns; one published by a listener waits until the present one has reached them all. So everybody sees one order.
 */
export class MessageHub {
  readonly retained: RetainedStore = new RetainedStore();
  readonly #router = new TopicRouter<HubListener>();
  readonly #found: HubListener[] = [];
  readonly #onError: (error: unknown, message: BusMessage) => void;
  readonly #maxWaiting: number;
  #waiting: Delivery[] = [];
  #next = 0;
  #busy = false;

  constructor(options: HubOptions = {}) {
    this.#onError = options.onError ?? complain;
    this.#maxWaiting = options.maxWaiting ?? 100_000;
  }

  /**
   * Delivers a message, now or after those that wait.
   *
   * @throws {@link Problem} `bad-request` for a malformed topic, `overloaded` when too many wait.
   */
  publish(topic: string, payload: Payload, options?: HubPublishOptions): void {
    checkTopic(topic);
    const delivery = new Delivery(topic, payload, options);
    if (!this.#busy) this.#run(delivery);
    else if (this.#waiting.length - this.#next < this.#maxWaiting) this.#waiting.push(delivery);
    else
      throw new Problem('overloaded', `${this.#maxWaiting} messages wait; '${topic}' is refused`);
  }

  /**
   * Lets `listener` hear what fits its filter, which must be well-formed.
   *
   * @param how with `replay`, the default, it hears what is retained before this returns.
   */
  add(listener: HubListener, { replay = true }: { readonly replay?: boolean } = {}): void {
    this.#router.add(listener.filter, listener);
    if (replay) this.#replay(listener);
  }

  /** Takes `listener` out again. */
  remove(listener: HubListener): void {
    this.#router.remove(listener.filter, listener);
  }

  #replay(listener: HubListener): void {
    // What the listener publishes meanwhile waits, as it would in a delivery.
    const wasBusy = this.#busy;
    this.#busy = true;
    this.retained.each(listener.filter, (topic, payload) =>
      this.#tell(listener, { topic, payload, ...replayed }),
    );
    this.#busy = wasBusy;
    if (!wasBusy) this.#runWaiting();
  }

  #run(delivery: Delivery): void {
    this.#busy = true;
    this.#deliver(delivery);
    this.#busy = false;
    if (this.#waiting.length > 0) this.#runWaiting();
  }

  readonly #runWaiting = (): void => {
    this.#busy = true;
    for (let turn = 0; turn < stretch; turn++) {
      const delivery = this.#waiting[this.#next++];
      if (delivery === undefined) {
        this.#waiting = [];
        this.#next = 0;
        this.#busy = false;
        return;
      }
      this.#deliver(delivery);
    }
    // Two listeners that answer each other for ever must not take the process with them.
    this.#waiting = this.#waiting.slice(this.#next);
    this.#next = 0;
    setTimeout(this.#runWaiting, 0);
  };

  #deliver(delivery: Delivery): void {
    if (delivery.keep) this.retained.set(delivery.topic, delivery.payload);
    const found = this.#found;
    this.#router.match(delivery.topic, found);
    for (const listener of found) this.#tell(listener, delivery);
    found.length = 0;
  }

  #tell(listener: HubListener, message: HubMessage): void {
    if (!listener.active) return;
    try {
      listener.hear(message);
    } catch (error) {
      this.#onError(error, message);
    }
  }
}

class Delivery implements HubMessage {
  readonly topic: string;
  readonly payload: Payload;
  /** To those who listen already, every message is a live one. */
  readonly retain = false;
  readonly keep: boolean;
  readonly qos: 0 | 1 | 2;
  readonly publisher: string | undefined;

  constructor(topic: string, payload: Payload, options: HubPublishOptions | undefined) {
    this.topic = topic;
    this.payload = payload;
    this.keep = options?.retain ?? false;
    this.qos = options?.qos ?? 0;
    this.publisher = options?.publisher;
  }

  get isKept(): boolean {
    return this.keep && !this.payload.isEmpty;
  }
}

function complain(error: unknown, message: BusMessage): void {
  console.error(`a listener failed on '${message.topic}':`, error);
}
