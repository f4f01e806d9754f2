import { Problem, type ThingId, type Things } from '@thingtalk/core';
import { notPermitted } from '../access/not-permitted.ts';
import { type FeedNote, subjectOf, type ThingFeed } from '../feed/thing-feed.ts';
import { Audience, type Reader } from './audience.ts';
import type { Connection } from './connection.ts';
import { type Kind, type Notes, rights } from './notes.ts';

/** What a subscription is about. */
export interface Subject<K extends Kind = Kind> {
  readonly thing: ThingId;
  readonly kind: K;
  /** Default: all of this kind. */
  readonly name?: string | undefined;
}

/** What a {@link Hub} works with. */
export interface HubParts {
  readonly things: Things;
  readonly feed: ThingFeed;
  /** How many subscriptions one client may have. */
  readonly limit: number;
}

type Audiences = { readonly [K in Kind]: Audience<Notes[K]> };

interface Membership {
  readonly things: Set<ThingId>;
  subscriptions: number;
}

/**
 * Tells WebSocket clients what happens: listens once, and finds by (Thing, kind, name) who wants to hear of it.
 *
 * A subscription outlives the Thing: when it comes back, its readers hear of it again.
 */
export class Hub implements Disposable {
  readonly #things = new Map<ThingId, Audiences>();
  readonly #members = new Map<Connection, Membership>();
  readonly #limit: number;
  readonly #catalog: Things;
  readonly #stop: () => void;

  constructor({ things, feed, limit }: HubParts) {
    this.#catalog = things;
    this.#limit = limit;
    this.#stop = feed.watch((note) => this.#hear(note));
  }

  /**
   * Subscribes a client, in place of what it had for the same.
   *
   * @throws {@link Problem} `overloaded` when it has as many as it may.
   */
  subscribe<K extends Kind>(
    connection: Connection,
    { thing, kind, name }: Subject<K>,
    reader: Reader<Notes[K]>,
  ): void {
    const audiences = this.#things.get(thing) ?? createAudiences(thing);
    const audience: Audience<Notes[K]> = audiences[kind];
    const member = this.#members.get(connection) ?? { things: new Set(), subscriptions: 0 };
    if (member.subscriptions >= this.#limit && !audience.has(connection, name)) {
      throw new Problem(
        'overloaded',
        `this connection has ${this.#limit} subscriptions, which is all it may have`,
      );
    }
    this.#things.set(thing, audiences);
    this.#members.set(connection, member);
    member.things.add(thing);
    member.subscriptions += audience.add(connection, name, reader);
  }

  /** Ends a subscription; one that was never made ends just as well. */
  unsubscribe(connection: Connection, { thing, kind, name }: Subject): void {
    const audiences = this.#things.get(thing);
    const member = this.#members.get(connection);
    if (audiences === undefined || member === undefined) return;
    member.subscriptions -= audiences[kind].remove(connection, name);
    this.#clear(thing, audiences);
  }

  /** Ends the subscriptions of a client to what it may not hear of any more, and tells it so. */
  review(connection: Connection): void {
    const member = this.#members.get(connection);
    for (const thing of member?.things ?? []) {
      const audiences = this.#things.get(thing);
      if (member === undefined || audiences === undefined) continue;
      for (const kind of kinds) {
        for (const [name, { isStanding, onEnd }] of audiences[kind].of(connection)) {
          const problem = this.#objection(connection, { thing, kind, name }, isStanding);
          if (problem === undefined) continue;
          member.subscriptions -= audiences[kind].end(connection, name);
          onEnd?.(problem);
        }
      }
      this.#clear(thing, audiences);
    }
  }

  /** Ends all subscriptions of a client. */
  leave(connection: Connection): void {
    for (const thing of this.#members.get(connection)?.things ?? []) {
      const audiences = this.#things.get(thing);
      if (audiences === undefined) continue;
      audiences.property.remove(connection);
      audiences.event.remove(connection);
      audiences.action.remove(connection);
      this.#clear(thing, audiences);
    }
    this.#members.delete(connection);
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #hear(note: FeedNote): void {
    const audiences = this.#things.get(subjectOf(note));
    if (audiences === undefined) return;
    if (note.kind === 'property') audiences.property.tell(note);
    else if (note.kind === 'event') audiences.event.tell(note);
    else if (note.kind === 'action') audiences.action.tell(note);
  }

  /** Why a subscription has to end; `undefined` when it may go on. */
  #objection(
    { access }: Connection,
    { thing, kind, name }: Subject,
    isStanding = false,
  ): Problem | undefined {
    if (!access.sees(thing)) return new Problem('thing-not-found', `'${thing}' is not known here`);
    const right = rights[kind];
    if (isStanding || access.may(right, thing, name)) return undefined;
    const group = groups[kind];
    if (name !== undefined) return notPermitted(access, right, thing, { kind: group, name });
    const names = [...(this.#catalog.find(thing)?.shape[group].keys() ?? [])];
    if (names.some((each) => access.may(right, thing, each))) return undefined;
    return notPermitted(access, right, thing);
  }

  #clear(thing: ThingId, { property, event, action }: Audiences): void {
    if (property.isEmpty && event.isEmpty && action.isEmpty) this.#things.delete(thing);
  }
}

const kinds: readonly Kind[] = ['property', 'event', 'action'];

/** How a Thing Description groups each kind. */
const groups = { property: 'properties', event: 'events', action: 'actions' } as const;

function createAudiences(thing: ThingId): Audiences {
  return {
    property: new Audience(thing, rights.property),
    event: new Audience(thing, rights.event),
    action: new Audience(thing, rights.action),
  };
}
