import {
  type Access,
  type Clock,
  openAccess,
  Problem,
  type ThingId,
  type Things,
  type Timer,
} from '@thingtalk/core';
import { Change, covers, type Scope } from '../feed/change.ts';
import type { Replay } from '../feed/change-log.ts';
import { type Place, placeTime } from '../feed/change-place.ts';
import type { FeedNote, ThingFeed } from '../feed/thing-feed.ts';
import { EventStream } from './event-stream.ts';
import { hears, mayHear } from './hearing.ts';

/** How often a silent stream says that it is alive, in milliseconds. */
const heartbeatMs = 15_000;

interface Reader {
  readonly scope: Scope;
  readonly access: Access;
  take(change: Change): void;
  /** The Thing is gone, or the streams close. */
  end(reason: Problem): void;
}

/** How a reader waits for one change. */
export interface NextOptions {
  /** The change it has seen last; `undefined` for none. */
  readonly last: Place | undefined;
  /** Gives the wait up. */
  readonly signal: AbortSignal;
  /** What the reader may hear of. Default: everything. */
  readonly access?: Access;
}

/**
 * Tells every reader of every change that it may hear of, by server-sent events or one at a time.
 *
 * No reader is served with gaps: one that reconnects names the last id it saw and gets what came after it. What a reader may
 * hear of is asked for each change anew; one that may hear of nothing any more is ended.
 */
export class ChangeStreams implements Disposable {
  readonly #things: Things;
  readonly #feed: ThingFeed;
  readonly #clock: Clock;
  readonly #readers = new Map<ThingId, Set<Reader>>();
  readonly #streams = new Set<EventStream>();
  readonly #stop: () => void;
  #heartbeat: Timer;

  constructor(things: Things, feed: ThingFeed, clock: Clock) {
    this.#things = things;
    this.#feed = feed;
    this.#clock = clock;
    this.#stop = feed.watch((note) => this.#hear(note));
    this.#heartbeat = clock.after(heartbeatMs, () => this.#beat());
  }

  /** How many streams are open. */
  get streamCount(): number {
    return this.#streams.size;
  }

  /**
   * Opens a stream of what `scope` covers, from now on, or from `last` on.
   *
   * Where `last` is older than what is remembered, a stream of properties begins with their present values, and one of
   * events with the oldest that are left; both say so in a comment.
   */
  stream(scope: Scope, last: Place | undefined, access = openAccess): EventStream {
    const leave = () => {
      stop();
      this.#leave(reader);
      this.#streams.delete(stream);
    };
    const stream = new EventStream(this.#opening(scope, last, access), leave);
    const reader: Reader = {
      scope,
      access,
      take: (change) => stream.push(change.frame),
      end: () => stream.end(),
    };
    this.#join(reader);
    this.#streams.add(stream);
    const stop = this.#endWithRight(reader, () => stream.cut());
    return stream;
  }

  /**
   * Waits for the next change that `scope` covers; after `last`, where one is given.
   *
   * @throws the signal's reason, `thing-not-found` when the Thing goes, `overloaded` when the streams close.
   */
  next(scope: Scope, { last, signal, access = openAccess }: NextOptions): Promise<Change> {
    const missed = last === undefined ? undefined : this.#missed(scope, last, access).changes[0];
    if (missed !== undefined) return Promise.resolve(missed);
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const settle = () => {
        stop();
        this.#leave(reader);
        signal.removeEventListener('abort', abort);
      };
      const abort = () => reader.end(signal.reason);
      const reader: Reader = {
        scope,
        access,
        take: (change) => {
          settle();
          resolve(change);
        },
        end: (reason) => {
          settle();
          reject(reason);
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#join(reader);
      const stop = this.#endWithRight(reader, (reason) => reader.end(reason));
    });
  }

  [Symbol.dispose](): void {
    this.#stop();
    this.#heartbeat.cancel();
    const reason = new Problem('overloaded', 'the gateway is shutting down');
    for (const readers of [...this.#readers.values()]) {
      for (const reader of [...readers]) reader.end(reason);
    }
  }

  #hear(note: FeedNote): void {
    if (note instanceof Change) {
      for (const reader of this.#readers.get(note.thing) ?? []) {
        if (covers(reader.scope, note) && mayHear(reader.access, note)) reader.take(note);
      }
    } else if (note.kind === 'removed') {
      const reason = new Problem('thing-not-found', `${note.thing.id} was taken away`);
      for (const reader of [...(this.#readers.get(note.thing.id) ?? [])]) reader.end(reason);
    }
  }

  /** What a stream begins with: the id that stands for now, so that a reader who never saw a change can resume too. */
  #opening(scope: Scope, last: Place | undefined, access: Access): string {
    const { log } = this.#feed;
    const now = `id: ${placeTime(log.last)}\n\n`;
    if (last === undefined) return now;
    const { changes, from } = this.#missed(scope, last, access);
    const missed = changes.map((change) => change.frame).join('');
    if (from === last) return missed + now;
    const gap = `: what came right after ${placeTime(last)} is no longer known\n\n`;
    return gap + (scope.kind === 'property' ? this.#presentValues(scope, access) : missed) + now;
  }

  #missed(scope: Scope, last: Place, access: Access): Replay {
    const { changes, from } = this.#feed.log.after(last, scope);
    return { changes: changes.filter((change) => mayHear(access, change)), from };
  }

  /** Has a reader ended, within the tick, when it may hear of nothing any more. Returns how to stop. */
  #endWithRight(reader: Reader, end: (reason: Problem) => void): () => void {
    const { access, scope } = reader;
    return access.onChange(() => {
      if (hears(access, scope, this.#things.find(scope.thing))) return;
      end(new Problem('forbidden', `${access.principal.name} may not hear of ${scope.thing} now`));
    });
  }

  #presentValues(scope: Scope, access: Access): string {
    const record = this.#things.find(scope.thing);
    const names = scope.name === undefined ? record?.shape.properties.keys() : [scope.name];
    return [...(names ?? [])]
      .filter((name) => mayHear(access, { ...scope, name }))
      .map((name) => {
        const state = record?.property(name);
        if (state === undefined) return '';
        const { json, time } = state;
        return new Change({ ...scope, name, json, time }, this.#feed.log.last).frame;
      })
      .join('');
  }

  #join(reader: Reader): void {
    const readers = this.#readers.get(reader.scope.thing);
    if (readers) readers.add(reader);
    else this.#readers.set(reader.scope.thing, new Set([reader]));
  }

  #leave(reader: Reader): void {
    const readers = this.#readers.get(reader.scope.thing);
    readers?.delete(reader);
    if (readers?.size === 0) this.#readers.delete(reader.scope.thing);
  }

  #beat(): void {
    for (const stream of this.#streams) stream.push(': alive\n\n');
    this.#heartbeat = this.#clock.after(heartbeatMs, () => this.#beat());
  }
}
