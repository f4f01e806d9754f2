import type { Payload } from '../data/payload.ts';
import type {
  Bus,
  BusMessage,
  BusStatus,
  PublishOptions,
  SessionOptions,
  Subscription,
} from '../ports/bus.ts';
import { type Clock, delay, systemClock } from '../ports/clock.ts';
import { Problem } from '../problem/problem.ts';
import { judgeFailure, type LinkOutcome, refused } from './link-outcome.ts';
import type { MqttBusOptions } from './mqtt-bus-options.ts';
import { MqttLink, type MqttVersion, type WireFilter } from './mqtt-link.ts';
import { MqttSubscriptions } from './mqtt-subscriptions.ts';
import { Outbox, type Waiting } from './outbox.ts';
import { randomPart } from './random-part.ts';
import { StatusSignal } from './status-signal.ts';
import { stayAlive } from './stay-alive.ts';
import { checkFilter, checkTopic } from './topic-rules.ts';

const done = Promise.resolve();

/** How long a drain waits for a broker that is away. */
const drainMs = 2_000;

/**
 * The bus on any MQTT broker, by `mqtt:`, `mqtts:`, `ws:` or `wss:`.
 *
 * It keeps one connection and opens the next when that ends; subscriptions are restored before anything else is said.
 */
export class MqttBus implements Bus {
  readonly #url: string;
  readonly #options: MqttBusOptions;
  readonly #clock: Clock;
  readonly #clientId: string;
  readonly #session: SessionOptions | undefined;
  readonly #status = new StatusSignal({ state: 'connecting', attempt: 1 });
  readonly #subscriptions = new MqttSubscriptions();
  readonly #outbox: Outbox;
  readonly #maxWaitingBytes: number;
  readonly #closing = new AbortController();
  #version: MqttVersion;
  /** Open, and its subscriptions stand. */
  #link: MqttLink | undefined;

  private constructor(url: string, options: MqttBusOptions, session: SessionOptions | undefined) {
    this.#url = url;
    this.#options = options;
    this.#session = session;
    this.#clock = options.clock ?? systemClock;
    this.#clientId = options.clientId ?? `thingtalk-${randomPart(4)}`;
    this.#version = options.version ?? 5;
    this.#maxWaitingBytes = options.maxWaitingBytes ?? 1024 * 1024;
    this.#outbox = new Outbox(this.#maxWaitingBytes);
  }

  /**
   * Connects to the broker at `url`, as `mqtt://localhost:1883`.
   *
   * @throws {@link Problem} `forbidden` when the broker refuses the credentials, `thing-unreachable` when it cannot be
   * reached in the given time.
   */
  static connect(url: string, options: MqttBusOptions = {}): Promise<MqttBus> {
    return MqttBus.#open(url, options, undefined);
  }

  static async #open(
    url: string,
    options: MqttBusOptions,
    session: SessionOptions | undefined,
  ): Promise<MqttBus> {
    const bus = new MqttBus(url, options, session);
    const ready = Promise.withResolvers<void>();
    void bus.#stayConnected(ready);
    await ready.promise;
    return bus;
  }

  get status(): BusStatus {
    return this.#status.value;
  }

  onStatus(listener: (status: BusStatus) => void): () => void {
    return this.#status.listen(listener);
  }

  publish(topic: string, payload: Payload, options: PublishOptions = {}): Promise<void> {
    try {
      checkTopic(topic);
      return this.#publish(topic, payload, options);
    } catch (problem) {
      return Promise.reject(problem);
    }
  }

  async subscribe(filter: string, listener: (message: BusMessage) => void): Promise<Subscription> {
    checkFilter(filter);
    if (this.#closing.signal.aborted) throw new Error(`subscribe to '${filter}' on a closed bus`);
    const subscription = this.#subscriptions.add(filter, listener, {
      now: this.#clock.now(),
      onLast: (which) => this.#link?.unsubscribe(which.filter),
    });
    const refusal = await this.#subscribeOnWire(subscription.wire);
    if (refusal === undefined) return subscription;
    await subscription[Symbol.asyncDispose]();
    throw refused(filter, refusal);
  }

  session(options: SessionOptions): Promise<Bus> {
    const clientId = `${this.#clientId}-${randomPart(4)}`;
    const version = this.#version;
    return MqttBus.#open(this.#url, { ...this.#options, version, clientId }, options);
  }

  async drain(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const giveUp = Promise.withResolvers<void>();
    using _timer = this.#clock.after(drainMs, giveUp.resolve);
    await Promise.race([this.#outbox.whenIdle(), giveUp.promise]);
    const link = this.#close();
    await link?.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const link = this.#close();
    link?.destroy();
    await link?.closed;
  }

  #publish(topic: string, payload: Payload, options: PublishOptions): Promise<void> {
    if (this.#closing.signal.aborted) return done;
    const { retain = false, qos = 0, expiresMs } = options;
    const expires = expiresMs === undefined ? undefined : this.#clock.now() + expiresMs;
    const message = { topic, bytes: payload.bytes(), retain, qos, expires };
    if (qos === 0) {
      this.#enter({ ...message, settle: undefined });
      return done;
    }
    return new Promise((resolve, reject) => {
      const settle = (problem?: Problem) => (problem === undefined ? resolve() : reject(problem));
      this.#enter({ ...message, settle });
    });
  }

  #enter(message: Waiting): void {
    const link = this.#link;
    if (link === undefined) this.#outbox.push(message);
    else if (link.waitingBytes <= this.#maxWaitingBytes) this.#send(link, message);
    else {
      const detail = `the broker does not take ${link.waitingBytes} bytes; '${message.topic}' is refused`;
      throw new Problem('overloaded', detail, { retryAfterSeconds: 1 });
    }
  }

  #send(link: MqttLink, message: Waiting): void {
    const now = this.#clock.now();
    if (message.settle === undefined) {
      link.send(message, now);
      return;
    }
    this.#outbox.sent(message);
    link.send(message, now, (code) => {
      const refusal =
        code === undefined
          ? undefined
          : new Problem('forbidden', `the broker refuses '${message.topic}' (${code})`);
      this.#outbox.acknowledged(message, refusal);
    });
  }

  /** Resolves with the code of a refusal, when the subscription stands or waits for the next connection. */
  async #subscribeOnWire(wire: WireFilter): Promise<number | undefined> {
    try {
      return await this.#link?.subscribe(wire);
    } catch {
      return undefined; // The connection ended: the next one restores every filter.
    }
  }

  readonly #hear = (message: BusMessage, ids: readonly number[] | undefined): void => {
    const now = message.retain ? this.#clock.now() : 0;
    for (const subscription of this.#subscriptions.of(message.topic, ids)) {
      try {
        subscription.hear(message, now);
      } catch (error) {
        this.#complain(error, message.topic);
      }
    }
  };

  /** One turn for each connection, until the bus is closed. */
  async #stayConnected(ready: PromiseWithResolvers<void>): Promise<void> {
    const giveUpAt = this.#clock.now() + (this.#options.giveUpAfterMs ?? 30_000);
    let isReady = false;
    for (let attempt = 1; !this.#closing.signal.aborted; attempt++) {
      this.#status.set({ state: 'connecting', attempt });
      const outcome = await this.#live(() => {
        attempt = 0;
        isReady = true;
        ready.resolve();
      });
      if (this.#closing.signal.aborted) break;
      if (!isReady && (outcome.isFinal || this.#clock.now() >= giveUpAt)) {
        const name = outcome.isFinal ? 'forbidden' : 'thing-unreachable';
        ready.reject(new Problem(name, outcome.reason));
        this.#close();
        return;
      }
      if (this.status.state === 'connecting') this.#lost(outcome.reason);
      if (!outcome.retryNow) await this.#pause(attempt);
    }
    ready.reject(new Error('the bus was closed'));
  }

  /** Connects, restores, tells `onLive`, and resolves with the reason when the connection has ended. */
  async #live(onLive: () => void): Promise<LinkOutcome> {
    let link: MqttLink;
    try {
      link = await this.#openLink();
    } catch (error) {
      const outcome = judgeFailure(this.#url, error as Error);
      const isOldBroker = outcome.refusesVersion === true && this.#version === 5;
      if (!isOldBroker || this.#options.version !== undefined) return outcome;
      this.#version = 4;
      return { ...outcome, retryNow: true };
    }
    try {
      await this.#restore(link);
    } catch (error) {
      link.destroy();
      return { reason: (error as Error).message };
    }
    if (this.#closing.signal.aborted) {
      link.destroy();
      return { reason: 'closed' };
    }
    this.#link = link;
    this.#outbox.flush(this.#clock.now(), (message) => this.#send(link, message));
    this.#status.set({ state: 'connected', since: this.#clock.now() });
    onLive();
    this.#session?.onConnect();
    const reason = await link.closed;
    this.#link = undefined;
    this.#outbox.putBack();
    // At once: whoever must not say the later before the earlier holds on from here.
    this.#lost(reason);
    return { reason };
  }

  #lost(reason: string): void {
    const since = this.#clock.now();
    if (!this.#closing.signal.aborted) this.#status.set({ state: 'disconnected', since, reason });
  }

  #openLink(): Promise<MqttLink> {
    const { username, password, ca, cert, key } = this.#options;
    return MqttLink.open({
      url: this.#url,
      version: this.#version,
      clientId: this.#clientId,
      keepaliveSeconds: this.#options.keepaliveSeconds ?? 15,
      connectTimeoutMs: this.#options.connectTimeoutMs ?? 10_000,
      will: this.#session?.will(),
      ...{ username, password, ca, cert, key },
      onMessage: this.#hear,
    });
  }

  async #restore(link: MqttLink): Promise<void> {
    const restored = this.#subscriptions.restart(this.#clock.now()).map(async (wire) => {
      const refusal = await link.subscribe(wire);
      if (refusal !== undefined) this.#complain(refused(wire.filter, refusal), wire.filter);
    });
    await Promise.all(restored);
  }

  /** Full jitter: a thousand clients that lost one broker do not come back in one wave. */
  async #pause(attempt: number): Promise<void> {
    using _alive = stayAlive();
    const { first, longest } = this.#options.retryMs ?? { first: 100, longest: 10_000 };
    const bound = Math.min(longest, first * 2 ** Math.min(attempt, 20));
    await delay(this.#clock, Math.random() * bound, this.#closing.signal).catch(() => {});
  }

  #close(): MqttLink | undefined {
    const link = this.#link;
    this.#link = undefined;
    if (!this.#closing.signal.aborted) {
      this.#closing.abort();
      this.#status.set({ state: 'closed' });
    }
    return link;
  }

  #complain(error: unknown, topic: string): void {
    if (this.#options.onError !== undefined) this.#options.onError(error, topic);
    else console.error(`the bus failed on '${topic}':`, error);
  }
}
