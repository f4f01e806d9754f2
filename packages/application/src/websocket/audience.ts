import type { Problem, Right, ThingId } from '@thingtalk/core';
import type { Connection } from './connection.ts';
import type { Encoder } from './encoder.ts';
import type { Tail } from './message.ts';
import type { AffordanceNote } from './notes.ts';

/** How one client is told. */
export interface Reader<N extends AffordanceNote> {
  readonly encoder: Encoder<N>;
  /** What ends the messages to this client. */
  readonly tail: Tail;
  /** It comes with the socket: it stays while the Thing is seen, though nothing of it may be heard for a time. */
  readonly isStanding?: boolean;
  /** Called when the subscription is ended since the right to it is gone. */
  readonly onEnd?: (problem: Problem) => void;
}

interface Seat<N extends AffordanceNote> extends Reader<N> {
  /** Names that this client hears of otherwise, or not at all. */
  readonly except: Set<string>;
}

/**
 * Who hears of one kind of affordance of one Thing: those who want all of them, and those who want one by name.
 *
 * A client has one subscription for each name: the last one counts, whichever way it was made.
 */
export class Audience<N extends AffordanceNote> {
  readonly #thing: ThingId;
  readonly #right: Right;
  readonly #all = new Map<Connection, Seat<N>>();
  readonly #named = new Map<string, Map<Connection, Reader<N>>>();

  /** @param right what it takes to hear of it: asked for each message, whoever has subscribed */
  constructor(thing: ThingId, right: Right) {
    this.#thing = thing;
    this.#right = right;
  }

  /** Whether nobody listens. */
  get isEmpty(): boolean {
    return this.#all.size === 0 && this.#named.size === 0;
  }

  /** Whether a client has a subscription to this name; without one, whether it has one to all. */
  has(connection: Connection, name: string | undefined): boolean {
    if (name === undefined) return this.#all.has(connection);
    return this.#named.get(name)?.has(connection) ?? false;
  }

  /**
   * Subscribes to one, in place of what the client had for it; without a name to all, those yet to come included,
   * in place of everything it had here.
   *
   * @returns how many subscriptions more the client now has here; one to all counts once.
   */
  add(connection: Connection, name: string | undefined, reader: Reader<N>): number {
    if (name === undefined) {
      const removed = this.remove(connection);
      this.#all.set(connection, { ...reader, except: new Set() });
      return 1 - removed;
    }
    const isNew = !this.has(connection, name);
    this.#all.get(connection)?.except.add(name);
    const readers = this.#named.get(name) ?? new Map<Connection, Reader<N>>();
    this.#named.set(name, readers.set(connection, reader));
    return isNew ? 1 : 0;
  }

  /**
   * Ends the subscription to one, leaving others that were made with it; without a name ends all.
   *
   * @returns how many subscriptions less the client now has here.
   */
  remove(connection: Connection, name?: string): number {
    if (name !== undefined) {
      this.#all.get(connection)?.except.add(name);
      return this.#drop(connection, name);
    }
    let removed = this.#all.delete(connection) ? 1 : 0;
    for (const each of this.#named.keys()) removed += this.#drop(connection, each);
    return removed;
  }

  /** The subscriptions of a client: to one name, or without it to all. */
  of(connection: Connection): readonly (readonly [name: string | undefined, Reader<N>])[] {
    const all = this.#all.get(connection);
    const named = [...this.#named].flatMap(([name, readers]) => {
      const reader = readers.get(connection);
      return reader === undefined ? [] : [[name, reader] as const];
    });
    return all === undefined ? named : [[undefined, all], ...named];
  }

  /** Ends one subscription, to one name or to all, and leaves the others as they are. */
  end(connection: Connection, name: string | undefined): number {
    if (name !== undefined) return this.#drop(connection, name);
    return this.#all.delete(connection) ? 1 : 0;
  }

  /** Tells all who want to hear of `note`, and may. */
  tell(note: N): void {
    for (const [connection, seat] of this.#all) {
      if (seat.except.size === 0 || !seat.except.has(note.name)) this.#send(connection, seat, note);
    }
    const readers = this.#named.get(note.name);
    if (readers) for (const [connection, reader] of readers) this.#send(connection, reader, note);
  }

  #drop(connection: Connection, name: string): number {
    const readers = this.#named.get(name);
    if (!readers?.delete(connection)) return 0;
    if (readers.size === 0) this.#named.delete(name);
    return 1;
  }

  #send(connection: Connection, { encoder, tail }: Reader<N>, note: N): void {
    const { access } = connection;
    if (!access.isUnlimited && !access.may(this.#right, this.#thing, note.name)) return;
    for (const message of encoder.messages(note)) connection.send(message, tail);
  }
}
