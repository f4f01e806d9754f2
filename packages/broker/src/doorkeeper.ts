import type { IncomingMessage } from 'node:http';
import {
  type Clock,
  checkFilter,
  checkTopic,
  commands,
  type Logger,
  type MessageHub,
  Payload,
  Problem,
  type Topics,
} from '@thingtalk/core';
import type { Aedes, Client, ConnectPacket, PublishPacket, Subscription } from 'aedes';
import { Connection } from './connection.ts';
import type { BrokerGuard, Visitor } from './guard.ts';
import type { BrokerLimits } from './limits.ts';
import type { Session } from './session.ts';
import { type SessionFinder, sessionMark } from './session-persistence.ts';
import { Sessions } from './sessions.ts';

/** Return codes of CONNACK (MQTT 3.1.1, 3.2.2.3). */
const identifierRejected = 2;
const notAuthorized = 5;

/** What a {@link Doorkeeper} works with. */
export interface DoorkeeperParts {
  readonly hub: MessageHub;
  readonly guard: BrokerGuard;
  readonly limits: BrokerLimits;
  readonly topics: Topics;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Guest {
  readonly visitor: Visitor;
  readonly session: Session;
  readonly connection: Connection;
}

/** Everything the broker asks before it does something for a client: who may come in, say, hear and be told what. */
export class Doorkeeper implements SessionFinder {
  readonly #with: DoorkeeperParts;
  readonly #connects = new WeakMap<Client, ConnectPacket>();
  readonly #guests = new WeakMap<Client, Guest>();
  readonly #sessions: Sessions;
  #isClosing = false;

  constructor(parts: DoorkeeperParts) {
    this.#with = parts;
    this.#sessions = new Sessions(parts);
  }

  of(client: Client): Session | undefined {
    return this.#guests.get(client)?.session;
  }

  present(clientId: string): Session | undefined {
    return this.#sessions.present(clientId);
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
    };
  }

  /** Hears what becomes of connections and subscriptions. */
  watch(aedes: Aedes): void {
    aedes.on('connackSent', (_connack, client) => {
      const guest = this.#guests.get(client);
      if (guest?.connection.isOpen) guest.session.join(guest.connection);
    });
    aedes.on('subscribe', (granted, client) => {
      const guest = this.#guests.get(client);
      for (const { topic, qos } of granted)
        if (qos <= 2 && guest?.session.listensTo(topic)) guest.connection.replay(topic);
    });
    aedes.on('unsubscribe', (filters, client) => {
      for (const filter of filters) this.of(client)?.unsubscribe(filter);
    });
  }

  /** Aedes forgets the will and the rest of a CONNECT before it asks who it is. */
  readonly #preConnect = (
    client: Client,
    packet: ConnectPacket,
    done: (error: Error | null, success: boolean) => void,
  ): void => {
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
    const refuse = (reason: unknown, returnCode = notAuthorized) => {
      this.#with.logger.info({ client: client.id, reason }, 'an MQTT client is refused');
      done(Object.assign(new Error('not authorized'), { returnCode }), false);
    };
    const isClean = connect?.clean !== false;
    if (!isClean && connect?.clientId === '') {
      refuse('a session that lasts needs a name', identifierRejected);
      return;
    }
    this.#admit(visitor, connect).then(
      (isWelcome) => {
        if (!isWelcome) return refuse('its credentials, or its will');
        if (!client.closed) this.#welcome(client, visitor, isClean);
        done(null, true);
      },
      (reason: unknown) => refuse(reason),
    );
  };

  async #admit(visitor: Visitor, connect: ConnectPacket | undefined): Promise<boolean> {
    if (!(await this.#with.guard.connect(visitor))) return false;
    const will = connect?.will;
    if (will === undefined) return true;
    this.#check(visitor, { topic: will.topic, retain: will.retain ?? false, isEmpty: false });
    return true;
  }

  #welcome(client: Client, visitor: Visitor, isClean: boolean): void {
    const { hub, ...parts } = this.#with;
    const connection = new Connection(client.conn, visitor, { ...parts, retained: hub.retained });
    const session = this.#sessions.enter(visitor, isClean);
    this.#guests.set(client, { visitor, session, connection });
    client.conn.once('close', () => this.#sessions.leave(visitor, session, connection));
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
      const isRepeated = qos === 2 && guest.session.received.has(messageId);
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
    const { topic: filter, qos } = subscription;
    const session = this.of(client);
    const isMark = subscription === sessionMark;
    const refusal = isMark ? undefined : this.#refusalOf(client, filter);
    if (refusal === undefined) {
      if (!isMark) session?.subscribe(filter, qos as 0 | 1 | 2);
      done(null, subscription);
      return;
    }
    // One of a lasting session, to which it has lost the right.
    session?.unsubscribe(filter);
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
    const { session } = guest;
    if (!session.listensTo(filter) && session.filterCount >= limits.subscriptions)
      return `it has ${limits.subscriptions} subscriptions`;
    if (!guard.subscribe(guest.visitor, filter)) return 'it has no right to all of it';
    return undefined;
  }
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
