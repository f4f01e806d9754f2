import type { Payload } from '../data/payload.ts';
import type {
  Bus,
  BusMessage,
  BusStatus,
  PublishOptions,
  SessionOptions,
  Subscription,
  Will,
} from '../ports/bus.ts';
import { type HubListener, type HubOptions, MessageHub } from './message-hub.ts';
import { StatusSignal } from './status-signal.ts';
import { checkFilter } from './topic-rules.ts';

// Shared by all who publish: a promise for each message would cost more than its delivery.
const done = Promise.resolve();

/**
 * The bus inside one process: publishing is a call, and payloads travel by reference.
 *
 * A message reaches its listeners before `publish` returns, unless it is published by a listener:
 * then it waits for the present message to reach everybody.
 */
export class MemoryBus implements Bus {
  readonly #hub: MessageHub;
  readonly #status = new StatusSignal({ state: 'connected', since: Date.now() });
  readonly #will: Will | undefined;
  /** The latest subscription; each knows the one before. */
  #last: MemorySubscription | undefined;

  /** @param hub where to meet: buses on one hub hear each other. Default: a new one, with these options. */
  constructor(hub: MessageHub | HubOptions = {}, will?: Will) {
    this.#hub = hub instanceof MessageHub ? hub : new MessageHub(hub);
    this.#will = will;
  }

  get status(): BusStatus {
    return this.#status.value;
  }

  onStatus(listener: (status: BusStatus) => void): () => void {
    return this.#status.listen(listener);
  }

  /** As {@link Bus.publish}. What is published after the end is heard by nobody. */
  publish(topic: string, payload: Payload, options?: PublishOptions): Promise<void> {
    if (this.#isClosed) return done;
    try {
      this.#hub.publish(topic, payload, options);
    } catch (problem) {
      return Promise.reject(problem);
    }
    return done;
  }

  async subscribe(filter: string, listener: (message: BusMessage) => void): Promise<Subscription> {
    if (this.#isClosed) throw new Error(`subscribe to '${filter}' on a bus that is closed`);
    checkFilter(filter);
    const subscription = new MemorySubscription(this, filter, listener, this.#last);
    if (this.#last !== undefined) this.#last.after = subscription;
    this.#last = subscription;
    this.#hub.add(subscription);
    return subscription;
  }

  async session(options: SessionOptions): Promise<Bus> {
    const session = new MemoryBus(this.#hub, options.will());
    options.onConnect();
    return session;
  }

  async drain(): Promise<void> {
    this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#close() || this.#will === undefined) return;
    const { topic, payload, retain } = this.#will;
    this.#hub.publish(topic, payload, { retain });
  }

  /** Takes one subscription out; called by its handle. */
  end(subscription: MemorySubscription): void {
    this.#hub.remove(subscription);
    if (this.#last === subscription) this.#last = subscription.before;
  }

  get #isClosed(): boolean {
    return this.#status.value.state === 'closed';
  }

  #close(): boolean {
    if (this.#isClosed) return false;
    while (this.#last !== undefined) this.#last.end();
    this.#status.set({ state: 'closed' });
    return true;
  }
}

/**
 * A subscription and its handle in one, chained to its neighbours instead of standing in a Set:
 * ten thousand Things hold three each.
 */
class MemorySubscription implements Subscription, HubListener {
  readonly filter: string;
  readonly hear: (message: BusMessage) => void;
  before: MemorySubscription | undefined;
  after: MemorySubscription | undefined = undefined;
  #bus: MemoryBus | undefined;

  constructor(
    bus: MemoryBus,
    filter: string,
    listener: (message: BusMessage) => void,
    before: MemorySubscription | undefined,
  ) {
    this.#bus = bus;
    this.filter = filter;
    this.hear = listener;
    this.before = before;
  }

  get active(): boolean {
    return this.#bus !== undefined;
  }

  end(): void {
    const bus = this.#bus;
    if (bus === undefined) return;
    this.#bus = undefined;
    bus.end(this);
    if (this.before !== undefined) this.before.after = this.after;
    if (this.after !== undefined) this.after.before = this.before;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
  }
}
