import type { Logger, MessageHub } from '@thingtalk/core';
import type { Connection } from './connection.ts';
import type { BrokerRights } from './guard.ts';
import type { BrokerLimits } from './limits.ts';
import { Departures } from './outgoing.ts';
import { Owed } from './owed.ts';
import { Session } from './session.ts';

/** What {@link Sessions} work with. */
export interface SessionsParts {
  readonly hub: MessageHub;
  readonly limits: BrokerLimits;
  readonly logger: Logger;
}

/** All sessions that outlast their connections (clean session = 0), in memory, by client id. */
export class Sessions {
  readonly #with: SessionsParts;
  readonly #departures = new Departures();
  readonly #lasting = new Map<string, Session>();
  /** Those whose client is away, longest first. */
  readonly #away = new Map<Session, string>();

  constructor(parts: SessionsParts) {
    this.#with = parts;
  }

  /** The lasting session of a client, if a client has had it before. */
  present(clientId: string): Session | undefined {
    const session = this.#lasting.get(clientId);
    return session?.wasJoined ? session : undefined;
  }

  /** Who has a lasting session of this name. */
  ownerOf(clientId: string): string | undefined {
    return this.#lasting.get(clientId)?.owner;
  }

  /** The session of a client that comes in: with `isClean` a new one, and nothing is left of an old one. */
  enter(clientId: string, rights: BrokerRights, isClean: boolean): Session {
    const session = this.#take(clientId, rights.owner, isClean);
    session.hold(rights);
    return session;
  }

  #take(clientId: string, owner: string, isClean: boolean): Session {
    const known = this.#lasting.get(clientId);
    if (known !== undefined && !isClean && known.owner === owner) {
      this.#away.delete(known);
      return known;
    }
    if (known !== undefined) this.#forget(clientId, known);
    const { hub, limits } = this.#with;
    const credit = { messages: limits.sessionMessages, bytes: limits.sessionBytes };
    const session = new Session({
      ...{ hub, departures: this.#departures },
      owed: isClean ? undefined : new Owed(credit),
      onExcess: (excessive) => this.#giveUp(clientId, excessive, 'it is owed too much'),
      onRevoked: (revoked, { detail }) => this.#giveUp(clientId, revoked, detail),
    });
    if (!isClean) this.#lasting.set(clientId, session);
    return session;
  }

  /** The connection of a session has ended. */
  leave(clientId: string, session: Session, connection: Connection): void {
    session.leave(connection);
    if (!session.isLasting) {
      session.end();
      return;
    }
    if (session.connection !== undefined || this.#lasting.get(clientId) !== session) return;
    this.#away.set(session, clientId);
    const [longest] = this.#away;
    if (longest !== undefined && this.#away.size > this.#with.limits.sessions)
      this.#giveUp(longest[1], longest[0], 'too many clients are away');
  }

  #giveUp(client: string, session: Session, reason: string): void {
    this.#with.logger.warn({ client, reason }, 'the session of an MQTT client is given up');
    session.connection?.end(reason);
    this.#forget(client, session);
  }

  #forget(clientId: string, session: Session): void {
    session.end();
    this.#away.delete(session);
    if (this.#lasting.get(clientId) === session) this.#lasting.delete(clientId);
  }
}
