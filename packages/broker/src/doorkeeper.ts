import type { IncomingMessage } from 'node:http';
import {
  type Audit,
  type Clock,
  checkFilter,
  type Logger,
  type MessageHub,
  type Problem,
  type Topics,
} from '@thingtalk/core';
import type { Aedes, Client, ConnectPacket, PublishPacket, Subscription } from 'aedes';
import { Connection } from './connection.ts';
import type { BrokerGuard, BrokerRights, Visitor } from './guard.ts';
import type { BrokerLimits } from './limits.ts';
import { type HandshakeAddress, peerAddress } from './peer-address.ts';
import { checkPublish, payloadOf } from './publish-check.ts';
import { RetainedQuota } from './retained-quota.ts';
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
  /** Where it is written down who was refused what. */
  readonly audit: Audit;
  readonly handshakeAddress?: HandshakeAddress | undefined;
}

interface Guest {
  readonly visitor: Visitor;
  readonly rights: BrokerRights;
  readonly session: Session;
  readonly connection: Connection;
}

/** Everything the broker asks before it does something for a client: who may come in, say, hear and be told what. */
export class Doorkeeper implements SessionFinder {
  readonly #with: DoorkeeperParts;
  readonly #connects = new WeakMap<Client, ConnectPacket>();
  readonly #guests = new WeakMap<Client, Guest>();
  /** Who is connected, by client id. */
  readonly #present = new Map<string, Guest>();
  readonly #sessions: Sessions;
  readonly #retained: RetainedQuota;
  #isClosing = false;

  constructor(parts: DoorkeeperParts) {
    this.#with = parts;
    this.#sessions = new Sessions(parts);
    const { retainedTopics: topics, retainedBytes: bytes } = parts.limits;
    this.#retained = new RetainedQuota(parts.hub.retained, { topics, bytes });
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
    const isClean = connect?.clean !== false;
    const handshake = client.req as IncomingMessage | undefined;
    const visitor: Visitor = {
      clientId: client.id,
      username,
      password,
      isClean,
      address: peerAddress({ stream: client.conn, handshake }, this.#with.handshakeAddress),
      request: handshake,
    };
    const refuse = (reason: unknown, returnCode = notAuthorized) => {
      this.#with.logger.info({ client: client.id, reason }, 'an MQTT client is refused');
      done(Object.assign(new Error('not authorized'), { returnCode }), false);
    };
    if (!isClean && connect?.clientId === '') {
      refuse('a session that lasts needs a name', identifierRejected);
      return;
    }
    this.#admit(visitor, connect).then(
      (rights) => {
        if (rights === undefined) return refuse('its name, its credentials or its will');
        if (!client.closed) this.#welcome(client, { visitor, rights }, isClean);
        done(null, true);
      },
      (reason: unknown) => refuse(reason),
    );
  };

  /** What a visitor may do that comes in; `undefined` when it may not come in. */
  async #admit(
    visitor: Visitor,
    connect: ConnectPacket | undefined,
  ): Promise<BrokerRights | undefined> {
    const rights = await this.#with.guard.connect(visitor);
    const why =
      rights === undefined ? 'nobody knows it' : this.#objection(visitor, rights, connect);
    if (why === undefined) return rights;
    this.#deny({ visitor, rights }, 'connect', visitor.clientId, why);
    return undefined;
  }

  /** Why somebody who is known may not come in like this. */
  #objection(
    { clientId }: Visitor,
    rights: BrokerRights,
    connect: ConnectPacket | undefined,
  ): string | undefined {
    const owner = this.#present.get(clientId)?.rights.owner ?? this.#sessions.ownerOf(clientId);
    const isTaken = owner !== undefined && owner !== rights.owner;
    if (isTaken && !rights.isUnlimited) return 'the client id is that of somebody else';
    const will = connect?.will;
    if (will === undefined) return undefined;
    try {
      checkPublish(
        rights,
        { topic: will.topic, retain: will.retain ?? false, isEmpty: false },
        this.#with.topics,
      );
      return undefined;
    } catch (problem) {
      return `its will: ${(problem as Problem).detail}`;
    }
  }

  #welcome(
    client: Client,
    { visitor, rights }: Omit<Guest, 'session' | 'connection'>,
    isClean: boolean,
  ): void {
    const { hub, ...parts } = this.#with;
    const { clientId } = visitor;
    const connection = new Connection(client.conn, { ...parts, rights, retained: hub.retained });
    const session = this.#sessions.enter(clientId, rights, isClean);
    const guest = { visitor, rights, session, connection };
    this.#guests.set(client, guest);
    this.#present.set(clientId, guest);
    const stop = rights.onEnd(({ detail }) => connection.end(detail));
    client.conn.once('close', () => {
      stop();
      if (this.#present.get(clientId) === guest) this.#present.delete(clientId);
      this.#sessions.leave(clientId, session, connection);
    });
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
        checkPublish(guest.rights, { topic, retain, isEmpty: payload.isEmpty }, this.#with.topics);
        if (retain && !guest.rights.isUnlimited)
          this.#retained.count(guest.rights.owner, topic, payload.bytes().length);
        this.#with.hub.publish(topic, payload, { retain, qos, publisher: client.id });
      }
      done(null);
    } catch (error) {
      const { topic } = packet;
      this.#with.logger.info({ client: client.id, topic, error }, 'a publish is refused');
      this.#deny(guest, 'publish', topic, (error as Error).message);
      done(error as Error);
    }
  };

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
    const guest = this.#guests.get(client);
    if (guest !== undefined) this.#deny(guest, 'subscribe', filter, refusal);
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
    const { limits } = this.#with;
    const { session, rights } = guest;
    if (!session.listensTo(filter) && session.filterCount >= limits.subscriptions)
      return `it has ${limits.subscriptions} subscriptions`;
    if (!rights.maySubscribe(filter)) return 'it has no right to all of it';
    return undefined;
  }

  #deny(
    who: { readonly visitor: Visitor; readonly rights: BrokerRights | undefined },
    what: 'connect' | 'publish' | 'subscribe',
    on: string,
    why: string,
  ): void {
    const { visitor, rights } = who;
    this.#with.audit.record({
      who: rights?.owner ?? 'anonymous',
      from: visitor.address,
      what,
      on,
      outcome: 'denied',
      why,
    });
  }
}
