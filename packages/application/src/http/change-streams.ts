import { type Clock, Problem, type ThingId, type Things, type Timer } from '@thingtalk/core';
import { Change, covers, type Scope } from '../feed/change.ts';
import { type Place, placeTime } from '../feed/change-place.ts';
import type { FeedNote, ThingFeed } from '../feed/thing-feed.ts';
import { EventStream } from './event-stream.ts';

/** How often a silent stream says that it is alive, in milliseconds. */
const heartbeatMs = 15_000;

interface Reader {
  readonly scope: Scope;
  take(change: Change): void;
  /** The Thing is gone, or the streams close. */
  end(reason: Problem): void;
}

/**
 * Tells every reader of every change, by server-sent events or one at a time.
 *
 * No reader is served with gaps: one that reconnects names the last id it saw and gets what came after it.
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
  stream(scope: Scope, last: Place | undefined): EventStream {
    const leave = () => {
      this.#leave(reader);
      this.#streams.delete(stream);
    };
    const stream = new EventStream(this.#opening(scope, last), leave);
    const reader: Reader = {
      scope,
      take: (change) => stream.push(change.frame),
      end: () => stream.end(),
    };
    this.#join(reader);
    this.#streams.add(stream);
    return stream;
  }

  /**
   * Waits for the next change that `scope` covers; after `last`, where one is given.
   *
   * @throws the signal's reason, `thing-not-found` when the Thing goes, `overloaded` when the streams close.
   */
  next(scope: Scope, last: Place | undefined, signal: AbortSignal): Promise<Change> {
    const missed = last === undefined ? undefined : this.#feed.log.after(last, scope).changes[0];
    if (missed !== undefined) return Promise.resolve(missed);
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const settle = () => {
        this.#leave(reader);
        signal.removeEventListener('abort', abort);
      };
      const abort = () => reader.end(signal.reason);
      const reader: Reader = {
        scope,
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
        if (covers(reader.scope, note)) reader.take(note);
      }
    } else if (note.kind === 'removed') {
      const reason = new Problem('thing-not-found', `${note.thing.id} was taken away`);
      for (const reader of [...(this.#readers.get(note.thing.id) ?? [])]) reader.end(reason);
    }
  }

  /** What a stream begins with: the id that stands for now, so that a reader who never saw a change can resume too. */
  #opening(scope: Scope, last: Place | undefined): string {
    const { log } = this.#feed;
    const now = `id: ${placeTime(log.last)}\n\n`;
    if (last === undefined) return now;
    const { changes, from } = log.after(last, scope);
    const missed = changes.map((change) => change.frame).join('');
    if (from === last) return missed + now;
    const gap = `: what came right after ${placeTime(last)} is no longer known\n\n`;
    return gap + (scope.kind === 'property' ? this.#presentValues(scope) : missed) + now;
  }

  #presentValues(scope: Scope): string {
    const record = this.#things.find(scope.thing);
    const names = scope.name === undefined ? record?.shape.properties.keys() : [scope.name];
    return [...(names ?? [])]
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
