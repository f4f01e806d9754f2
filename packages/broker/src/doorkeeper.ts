import type { IncomingMessage } from 'node:http';
import {
  checkFilter,
  checkTopic,
  commands,
  type Logger,
  type MessageHub,
  Payload,
  Problem,
  type Topics,
} from '@thingtalk/core';
import type {
  Aedes,
  AedesPublishPacket,
  Client,
  ConnectPacket,
  PublishPacket,
  Subscription,
} from 'aedes';
import type { BrokerGuard, Visitor } from './guard.ts';
import type { HubPersistence } from './hub-persistence.ts';
import type { BrokerLimits } from './limits.ts';
import { OutQueue } from './out-queue.ts';

/** CONNACK: not authorized (MQTT 3.1.1, 3.2.2.3). */
const notAuthorized = 5;

/** What a {@link Doorkeeper} works with. */
export interface DoorkeeperParts {
  readonly hub: MessageHub;
  readonly persistence: HubPersistence;
  readonly guard: BrokerGuard;
  readonly limits: BrokerLimits;
  readonly topics: Topics;
  readonly logger: Logger;
}

interface Guest {
  readonly visitor: Visitor;
  readonly filters: Set<string>;
  readonly queue: OutQueue;
}

/** Everything the broker asks before it does something for a client: who may come in, say, hear and be told what. */
export class Doorkeeper {
  readonly #with: DoorkeeperParts;
  readonly #connects = new WeakMap<Client, ConnectPacket>();
  readonly #guests = new WeakMap<Client, Guest>();
  #isClosing = false;

  constructor(parts: DoorkeeperParts) {
    this.#with = parts;
  }

  /** From now on no will is said: it is the broker that leaves, not its clients. */
  close(): void {
    this.#isClosing = true;
  }

  /** The hooks, as Aedes wants them. */
  get hooks() {
    return {
      preConnect: this.#preConnect,
      authenticate: this.#authenticate,
      authorizePublish: this.#authorizePublish,
      authorizeSubscribe: this.#authorizeSubscribe,
      authorizeForward: this.#authorizeForward,
    };
  }

  /** Hears of ended subscriptions. */
  watch(aedes: Aedes): void {
    aedes.on('unsubscribe', (filters, client) => {
      for (const filter of filters) this.#guests.get(client)?.filters.delete(filter);
    });
  }

  /** Aedes forgets the will and the rest of a CONNECT before it asks who it is. */
  readonly #preConnect = (
    client: Client,
    packet: ConnectPacket,
    done: (error: Error | null, success: boolean) => void,
  ): void => {
    packet.clean = true; // No session outlasts its connection here; CONNACK says so.
    this.#connects.set(client, packet);
    done(null, true);
  };

  readonly #authenticate = (
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
    done: (error: (Error & { returnCode: number }) | null, success: boolean | null) => void,
  ): void => {
    const connect = this.#connects.get(client);
    const visitor: Visitor = {
      clientId: client.id,
      username,
      password,
      address: addressOf(client),
      request: client.req as IncomingMessage | undefined,
    };
    const refuse = (reason: unknown) => {
      this.#with.logger.info({ client: client.id, reason }, 'an MQTT client is refused');
      done(Object.assign(new Error('not authorized'), { returnCode: notAuthorized }), false);
    };
    this.#admit(visitor, connect).then((isWelcome) => {
      if (!isWelcome) return refuse('its credentials, or its will');
      this.#guests.set(client, this.#guestOf(client, visitor));
      done(null, true);
    }, refuse);
  };

  async #admit(visitor: Visitor, connect: ConnectPacket | undefined): Promise<boolean> {
    if (!(await this.#with.guard.connect(visitor))) return false;
    const will = connect?.will;
    if (will === undefined) return true;
    this.#check(visitor, { topic: will.topic, retain: will.retain ?? false, isEmpty: false });
    return true;
  }

  #guestOf(client: Client, visitor: Visitor): Guest {
    const { hub, limits } = this.#with;
    const queue = new OutQueue(client.conn, limits.outgoingBytes, (topic) => {
      const payload = hub.retained.get(topic)?.bytes() ?? new Uint8Array(0);
      const packet = {
        topic,
        payload: payload as Buffer,
        qos: 0,
        retain: false,
        dup: false,
      } as const;
      client.publish({ cmd: 'publish', ...packet }, () => {});
    });
    return { visitor, filters: new Set(), queue };
  }

  /**
   * Publishes, too: here, before the acknowledgement and before Aedes' own steps, which wait for different things with
   * different kinds of message and so lose the order in which they came. Wills come this way as well.
   */
  readonly #authorizePublish = (
    client: Client | null,
    packet: PublishPacket,
    done: (error?: Error | null) => void,
  ): void => {
    const guest = client === null ? undefined : this.#guests.get(client);
    if (client === null || guest === undefined || this.#isClosing) {
      done(new Error('nobody publishes this'));
      return;
    }
    try {
      const { topic, retain, qos, messageId = 0 } = packet;
      const isRepeated = qos === 2 && this.#with.persistence.holds(client.id, messageId);
      if (!isRepeated) {
        const payload = payloadOf(packet);
        this.#check(guest.visitor, { topic, retain, isEmpty: payload.isEmpty });
        this.#with.hub.publish(topic, payload, { retain, qos, publisher: client.id });
      }
      done(null);
    } catch (error) {
      this.#with.logger.info(
        { client: client.id, topic: packet.topic, error },
        'a publish is refused',
      );
      done(error as Error);
    }
  };

  #check(visitor: Visitor, what: { topic: string; retain: boolean; isEmpty: boolean }): void {
    const { topic, retain, isEmpty } = what;
    const { guard, topics } = this.#with;
    checkTopic(topic);
    if (topic.startsWith('$')) throw new Problem('forbidden', `'${topic}' is the broker's own`);
    const part = retain && !isEmpty ? topics.parse(topic)?.part : undefined;
    if (commands.some((command) => command === part))
      throw new Problem('command-retained', `'${topic}' would be carried out again and again`);
    if (!guard.publish(visitor, topic)) throw new Problem('forbidden', `no right to '${topic}'`);
  }

  readonly #authorizeSubscribe = (
    client: Client,
    subscription: Subscription,
    done: (error: Error | null, subscription?: Subscription | null) => void,
  ): void => {
    const refusal = this.#refusalOf(client, subscription.topic);
    if (refusal === undefined) {
      done(null, subscription);
      return;
    }
    const { topic: filter } = subscription;
    this.#with.logger.info({ client: client.id, filter, refusal }, 'a subscription is refused');
    done(null, null);
  };

  #refusalOf(client: Client, filter: string): string | undefined {
    const guest = this.#guests.get(client);
    if (guest === undefined) return 'it is not connected';
    try {
      checkFilter(filter);
    } catch (problem) {
      return (problem as Problem).detail;
    }
    // Aedes grants `$share` and delivers nothing, and tells itself things on `$SYS`.
    if (filter.startsWith('$')) return 'neither $share nor $SYS is offered';
    const { guard, limits } = this.#with;
    if (!guest.filters.has(filter) && guest.filters.size >= limits.subscriptions)
      return `it has ${limits.subscriptions} subscriptions`;
    if (!guard.subscribe(guest.visitor, filter)) return 'it has no right to all of it';
    guest.filters.add(filter);
    return undefined;
  }

  readonly #authorizeForward = (
    client: Client,
    packet: AedesPublishPacket,
  ): AedesPublishPacket | null => {
    const guest = this.#guests.get(client);
    const { topic, payload } = packet;
    if (guest === undefined || !this.#with.guard.forward(guest.visitor, topic)) return null;
    const isKept = this.#with.hub.retained.get(topic)?.bytes() === (payload as Uint8Array);
    return guest.queue.admits({ topic, bytes: topic.length + payload.length, isKept })
      ? packet
      : null;
  };
}

function addressOf(client: Client): string {
  const socket: object = client.req?.socket ?? client.conn;
  return 'remoteAddress' in socket && typeof socket.remoteAddress === 'string'
    ? socket.remoteAddress
    : '';
}

/** What is kept is copied: a few bytes of it would hold the whole chunk they came in. */
function payloadOf({ payload, retain }: PublishPacket): Payload {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  return Payload.ofBytes(retain ? Buffer.from(bytes) : bytes);
}
