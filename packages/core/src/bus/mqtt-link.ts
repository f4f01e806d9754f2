import {
  connect,
  ErrorWithReasonCode,
  type IClientOptions,
  type IClientPublishOptions,
  type IPublishPacket,
  type MqttClient,
} from 'mqtt';
import { Payload } from '../data/payload.ts';
import type { BusMessage, Will } from '../ports/bus.ts';

/** The two versions of MQTT that are spoken: 4 is 3.1.1. */
export type MqttVersion = 4 | 5;

/** A message on its way out. */
export interface Outgoing {
  readonly topic: string;
  readonly bytes: Uint8Array;
  readonly retain: boolean;
  readonly qos: 0 | 1;
  /** When nobody wants it any more, in milliseconds since 1970. */
  readonly expires: number | undefined;
}

/** How to reach a broker and what to say at the door. */
export interface LinkOptions {
  readonly url: string;
  readonly version: MqttVersion;
  readonly clientId: string;
  readonly keepaliveSeconds: number;
  readonly connectTimeoutMs: number;
  readonly will: Will | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** PEM certificates to trust in place of the system's. */
  readonly ca?: string | undefined;
  /** PEM certificate and key of this client, for brokers that ask for one. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly onMessage: (message: BusMessage, ids: readonly number[] | undefined) => void;
}

/** A filter on the wire, and the number by which an MQTT 5 broker names it in what it sends. */
export interface WireFilter {
  readonly filter: string;
  readonly id: number;
}

/** A connection that was refused, and the CONNACK's code; `undefined` when none came. */
export class LinkRefused extends Error {
  readonly code: number | undefined;

  constructor(message: string, code: number | undefined, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LinkRefused';
    this.code = code;
  }
}

/** SUBACK's first code that is a refusal (MQTT 3.1.1, 3.9.3). */
const firstRefusal = 0x80;

/**
 * One connection to a broker, from CONNECT to its end; it never comes back, {@link MqttBus} opens the next one.
 *
 * So each connection has a will of its own, and nothing of an old one leaks into a new one.
 */
export class MqttLink {
  /** Resolves with the reason when the connection has ended, however it did. */
  readonly closed: Promise<string>;
  readonly version: MqttVersion;
  readonly #client: MqttClient;

  private constructor(client: MqttClient, version: MqttVersion, closed: Promise<string>) {
    this.#client = client;
    this.version = version;
    this.closed = closed;
  }

  /**
   * Connects.
   *
   * @throws {@link LinkRefused} when the broker cannot be reached, or refuses.
   */
  static async open(options: LinkOptions): Promise<MqttLink> {
    const client = connect(options.url, clientOptions(options));
    let reason = 'the connection ended';
    client.on('error', (error) => {
      reason = error.message || String((error as NodeJS.ErrnoException).code);
    });
    client.on('message', (topic, bytes, packet) => {
      const message = { topic, payload: Payload.ofBytes(bytes), retain: packet.retain };
      options.onMessage(message, idsOf(packet));
    });
    const closed = new Promise<string>((resolve) => {
      client.once('close', () => resolve(reason));
    });
    await new Promise<void>((resolve, reject) => {
      let refusal: unknown;
      client.once('error', (error) => {
        refusal = error;
      });
      client.once('connect', () => resolve());
      client.once('close', () => {
        const { code } = (refusal ?? {}) as { code?: unknown };
        const given = typeof code === 'number' ? code : undefined;
        reject(new LinkRefused(reason, given, { cause: refusal }));
      });
    });
    quicken(client);
    return new MqttLink(client, options.version, closed);
  }

  /** Bytes that the socket has not taken yet. */
  get waitingBytes(): number {
    return this.#client.stream.writableLength;
  }

  /**
   * Sends a message.
   *
   * @param onAnswer with QoS 1: told when the broker has acknowledged it, or the code with which it refuses.
   * Never called when the connection ends first.
   */
  send(message: Outgoing, now: number, onAnswer?: (refusal: number | undefined) => void): void {
    const { topic, bytes, retain, qos, expires } = message;
    const options: IClientPublishOptions = { qos, retain };
    if (this.version === 5 && expires !== undefined) {
      const messageExpiryInterval = Math.max(1, Math.ceil((expires - now) / 1_000));
      options.properties = { messageExpiryInterval };
    }
    const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // A callback for each message of QoS 0 would become a listener for each while the socket is full.
    if (onAnswer === undefined) this.#client.publish(topic, payload, options);
    else {
      this.#client.publish(topic, payload, options, (error) => {
        const code = error instanceof ErrorWithReasonCode ? error.code : undefined;
        if (!error || code !== undefined) onAnswer(code);
      });
    }
  }

  /**
   * Subscribes.
   *
   * @returns the code that the broker refuses with; `undefined` when it grants.
   * @throws when the connection ends first.
   */
  subscribe({ filter, id }: WireFilter): Promise<number | undefined> {
    const options =
      this.version === 5 &&
      this.#client.serverProperties?.subscriptionIdentifiersAvailable !== false
        ? { qos: 1 as const, properties: { subscriptionIdentifier: id } }
        : { qos: 1 as const };
    return new Promise((resolve, reject) => {
      this.#client.subscribe(filter, options, (error, _granted, packet) => {
        const [code] = packet?.granted ?? [];
        if (typeof code !== 'number') reject(error ?? new Error('no SUBACK came'));
        else resolve(code >= firstRefusal ? code : undefined);
      });
    });
  }

  /** Ends the broker's part of a subscription; harmless when the connection ends first. */
  unsubscribe(filter: string): Promise<void> {
    return new Promise((resolve) => {
      this.#client.unsubscribe(filter, () => resolve());
    });
  }

  /** Waits for what is under way and says goodbye: the broker drops the will. */
  async end(): Promise<void> {
    await this.#client.endAsync(false);
  }

  /** Ends at once, without a goodbye: the broker says the will. */
  destroy(): void {
    this.#client.end(true);
  }
}

/** Which filters a message came for, where the broker says so; with several filters on one topic it may send a copy for each. */
function idsOf({ properties }: IPublishPacket): readonly number[] | undefined {
  const ids = properties?.subscriptionIdentifier as number | readonly number[] | undefined;
  return typeof ids === 'number' ? [ids] : ids;
}

function clientOptions(options: LinkOptions): IClientOptions {
  const { will, username, password, ca, cert, key } = options;
  return {
    clientId: options.clientId,
    protocolVersion: options.version,
    keepalive: options.keepaliveSeconds,
    connectTimeout: options.connectTimeoutMs,
    clean: true,
    // The bus reconnects and restores by itself.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(will && {
      will: {
        topic: will.topic,
        payload: Buffer.from(will.payload.bytes()),
        retain: will.retain,
        qos: 1,
      },
    }),
  };
}

/** Nagle's algorithm would hold small messages back; `ws` turns it off by itself. */
function quicken(client: MqttClient): void {
  const stream: object = client.stream;
  if ('setNoDelay' in stream && typeof stream.setNoDelay === 'function') stream.setNoDelay(true);
}
