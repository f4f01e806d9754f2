import type { HubListener, HubMessage, MessageHub, Problem } from '@thingtalk/core';
import type { Connection } from './connection.ts';
import type { BrokerRights } from './guard.ts';
import type { Departures, Outgoing, Sender } from './outgoing.ts';
import type { Debt, Owed } from './owed.ts';

/** A message that goes to one client in this tick. */
interface Leaving {
  readonly message: Outgoing;
  qos: 0 | 1 | 2;
  debt: Debt | undefined;
}

/** What a {@link Session} works with. */
export interface SessionParts {
  readonly hub: MessageHub;
  readonly departures: Departures;
  /** What it is owed across connections; `undefined` for a session that ends with its connection. */
  readonly owed: Owed | undefined;
  /** Told when more would be owed than is allowed: the session is to be given up. */
  readonly onExcess: (session: Session) => void;
  /** Told when its owner may do nothing more. */
  readonly onRevoked: (session: Session, why: Problem) => void;
}

/** What one client listens to and is to be told. Its filters stand in the hub's index beside those of this process. */
export class Session implements Sender {
  /** QoS 2 messages that came from the client and are not released yet. */
  readonly received = new Set<number>();
  readonly #with: SessionParts;
  readonly #filters = new Map<string, SessionListener>();
  #connection: Connection | undefined;
  #rights: BrokerRights | undefined;
  #unfollow: () => void = () => {};
  #wasJoined = false;
  #isWaiting = false;
  #lastId = 0;
  #outbox: Leaving[] = [];
  /** The message heard last: a client whose filters overlap gets it once, with the highest QoS of them. */
  #message: HubMessage | undefined;
  #latest: Leaving | undefined;

  constructor(parts: SessionParts) {
    this.#with = parts;
  }

  /** Whose it is: nobody else may take it up. */
  get owner(): string | undefined {
    return this.#rights?.owner;
  }

  /** From now on it is held by these rights: what they no longer allow ends, whether the client is here or away. */
  hold(rights: BrokerRights): void {
    this.#unfollow();
    this.#rights = rights;
    const stops = [
      rights.onChange(() => this.#narrow(rights)),
      rights.onEnd((why) => this.#with.onRevoked(this, why)),
    ];
    this.#unfollow = () => {
      for (const stop of stops) stop();
    };
  }

  /** Whether it outlasts its connection. */
  get isLasting(): boolean {
    return this.#with.owed !== undefined;
  }

  /** Whether a client has had it before: then CONNACK says that it is present. */
  get wasJoined(): boolean {
    return this.#wasJoined;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** The filters and their QoS. */
  get filters(): readonly { readonly topic: string; readonly qos: 0 | 1 | 2 }[] {
    return [...this.#filters.values()].map(({ filter, qos }) => ({ topic: filter, qos }));
  }

  get filterCount(): number {
    return this.#filters.size;
  }

  listensTo(filter: string): boolean {
    return this.#filters.has(filter);
  }

  /** Listens to `filter`, or changes its QoS. */
  subscribe(filter: string, qos: 0 | 1 | 2): void {
    const known = this.#filters.get(filter);
    if (known !== undefined) {
      known.qos = qos;
      return;
    }
    const listener = new SessionListener(filter, qos, this.#hear);
    this.#filters.set(filter, listener);
    // What is retained is sent after SUBACK and at the pace of the client.
    this.#with.hub.add(listener, { replay: false });
  }

  unsubscribe(filter: string): void {
    const listener = this.#filters.get(filter);
    if (listener === undefined) return;
    listener.active = false;
    this.#filters.delete(filter);
    this.#with.hub.remove(listener);
  }

  /** Takes the client's connection up, and sends what is owed, again where need be. */
  join(connection: Connection): void {
    this.#connection = connection;
    this.#wasJoined = true;
    this.#isWaiting = false;
    this.#with.owed?.rewind();
    connection.together(this.#settle);
  }

  /** The connection has ended; unless another has taken its place. */
  leave(connection: Connection): void {
    if (this.#connection === connection) this.#connection = undefined;
  }

  /** Forgets everything. */
  end(): void {
    this.#unfollow();
    for (const filter of this.#filters.keys()) this.unsubscribe(filter);
    this.#connection = undefined;
    this.#outbox = [];
  }

  /** The client has the message of this id. */
  acknowledge(messageId: number): void {
    this.#with.owed?.acknowledge(messageId);
    this.#settle();
  }

  /** The client has the QoS 2 message of this id, and waits for its release. */
  release(messageId: number): void {
    this.#with.owed?.release(messageId);
  }

  /** Sends what was heard in this tick. */
  send(): void {
    const outbox = this.#outbox;
    this.#outbox = [];
    this.#message = undefined;
    this.#latest = undefined;
    const connection = this.#connection;
    connection?.together(() => {
      for (const { message, qos, debt } of outbox) {
        if (debt !== undefined) this.#settle(debt);
        else if (qos === 0) connection.write(message.plain());
        else connection.write(message.marked(this.#marks(qos)));
      }
    });
  }

  /** MQTT 3.1.1 cannot say that a subscription is over: the client finds out when it has to come again. */
  #narrow(rights: BrokerRights): void {
    const lost = [...this.#filters.keys()].filter((filter) => !rights.maySubscribe(filter));
    for (const filter of lost) this.unsubscribe(filter);
    if (lost.length > 0)
      this.#connection?.end(`it has no right any more to '${lost.join("', '")}'`);
  }

  readonly #hear = (message: HubMessage, granted: 0 | 1 | 2): void => {
    const qos = message.qos < granted ? message.qos : granted;
    if (message === this.#message) {
      this.#raise(qos);
      return;
    }
    this.#message = message;
    this.#latest = { message: this.#with.departures.outgoing(message), qos, debt: undefined };
    if (qos > 0 && this.isLasting) this.#owe(this.#latest);
    else if (this.#connection?.admits(this.#latest.message) === true) this.#post(this.#latest);
  };

  #raise(qos: 0 | 1 | 2): void {
    const latest = this.#latest;
    if (latest === undefined || qos <= latest.qos) return;
    latest.qos = qos;
    if (latest.debt !== undefined) latest.debt.qos = qos;
    else if (this.isLasting) this.#owe(latest);
  }

  #owe(leaving: Leaving): void {
    const message = leaving.message.lasting();
    leaving.debt = { message, qos: leaving.qos, messageId: 0, state: 'unsent' };
    if (this.#with.owed?.add(leaving.debt) !== true) this.#with.onExcess(this);
    else if (this.#connection !== undefined) this.#post(leaving);
  }

  #post(leaving: Leaving): void {
    if (this.#outbox.push(leaving) === 1) this.#with.departures.add(this);
  }

  /** Sends what is owed, in order, up to `last` and as far as there is room. */
  readonly #settle = (last?: Debt): void => {
    const { owed } = this.#with;
    const connection = this.#connection;
    if (owed === undefined || connection === undefined) return;
    while (connection.hasRoom) {
      const debt = owed.take();
      if (debt === undefined) return;
      if (debt.state === 'released') connection.write(pubrel(debt.messageId));
      else if (connection.mayHave(debt.message.topic)) {
        const dup = debt.state === 'sent';
        debt.state = 'sent';
        const { qos, messageId } = debt;
        connection.write(debt.message.marked({ qos, messageId, dup, retain: false }));
      } else owed.drop(debt);
      if (debt === last) return;
    }
    if (this.#isWaiting || !connection.isOpen) return;
    this.#isWaiting = true;
    connection.onRoom(() => {
      if (this.#connection !== connection) return;
      this.#isWaiting = false;
      this.#settle();
    });
  };

  #marks(qos: 1 | 2) {
    this.#lastId = (this.#lastId % 65_535) + 1;
    return { qos, messageId: this.#lastId, dup: false, retain: false };
  }
}

class SessionListener implements HubListener {
  readonly filter: string;
  qos: 0 | 1 | 2;
  active = true;
  readonly #tell: (message: HubMessage, qos: 0 | 1 | 2) => void;

  constructor(filter: string, qos: 0 | 1 | 2, tell: (message: HubMessage, qos: 0 | 1 | 2) => void) {
    this.filter = filter;
    this.qos = qos;
    this.#tell = tell;
  }

  hear(message: HubMessage): void {
    this.#tell(message, this.qos);
  }
}

function pubrel(messageId: number): Uint8Array {
  return Uint8Array.of(0x62, 2, messageId >> 8, messageId & 0xff);
}
