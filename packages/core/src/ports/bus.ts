import type { Payload } from '../data/payload.ts';

/** A message as a subscriber gets it. */
export interface BusMessage {
  readonly topic: string;
  readonly payload: Payload;
  /** True when the broker kept the message and hands it to a new subscriber; false for a live one. */
  readonly retain: boolean;
}

/** How a message is to travel. */
export interface PublishOptions {
  /** The broker keeps it for those who subscribe later. Default false. */
  readonly retain?: boolean;
  /** Quality of service; 1 asks the broker to acknowledge. Default 0. */
  readonly qos?: 0 | 1;
  /** After so many milliseconds nobody wants it any more: it is not sent late, and an MQTT 5 broker drops it. Default: never. */
  readonly expiresMs?: number;
}

/** A subscription; disposing of it ends it. */
export interface Subscription extends AsyncDisposable {
  readonly filter: string;
}

/** Where the connection to the broker stands. */
export type BusStatus =
  | { readonly state: 'connecting'; readonly attempt: number }
  | { readonly state: 'connected'; readonly since: number }
  | { readonly state: 'disconnected'; readonly since: number; readonly reason: string }
  | { readonly state: 'closed' };

/** A message the broker publishes for a session that died without saying goodbye. */
export interface Will {
  readonly topic: string;
  readonly payload: Payload;
  readonly retain: boolean;
}

/** What a session of its own looks like. */
export interface SessionOptions {
  /** Asked before each (re)connect, since a will may name the connection it belongs to. */
  readonly will: () => Will;
  /** Called after each connect, once subscriptions stand again: the first time before `session` resolves. */
  readonly onConnect: () => void;
}

/**
 * Where everything inside meets: MQTT's topics, filters, retained messages and wills.
 *
 * Messages of one publisher arrive in the order they were published, retained and plain ones alike.
 * Every implementation runs `busConformance` from `@thingtalk/core/testing`.
 */
export interface Bus extends AsyncDisposable {
  readonly status: BusStatus;

  /** Calls `listener` at each change of {@link status}; returns how to stop. */
  onStatus(listener: (status: BusStatus) => void): () => void;

  /**
   * Publishes `payload`; an empty payload with `retain` clears what was kept.
   *
   * With QoS 0 it never waits: what cannot be sent now is sent after reconnecting, within a bound, else refused.
   *
   * @throws {@link Problem} `overloaded` when too much waits to be sent, `bad-request` for a malformed topic.
   */
  publish(topic: string, payload: Payload, options?: PublishOptions): Promise<void>;

  /**
   * Calls `listener` with every message whose topic fits `filter`; retained ones first.
   *
   * @throws {@link Problem} `forbidden` when the broker refuses the filter.
   */
  subscribe(filter: string, listener: (message: BusMessage) => void): Promise<Subscription>;

  /**
   * Opens a session of its own on the same broker, which says its will when it dies.
   *
   * In the process itself a session dies when it is disposed of without {@link drain}.
   */
  session(options: SessionOptions): Promise<Bus>;

  /** Sends what waits, ends the subscriptions and closes in good order: no will is said. */
  drain(): Promise<void>;
}
