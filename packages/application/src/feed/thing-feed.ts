import type { Clock, ThingId, ThingNote, Things } from '@thingtalk/core';
import { Change } from './change.ts';
import { ChangeLog, type ChangeLogLimits } from './change-log.ts';

/** What the feed tells: changes with their places, and everything else as the twins tell it. */
export type FeedNote = Change | Exclude<ThingNote, { readonly kind: Change['kind'] }>;

/** Which Thing a note is about. */
export function subjectOf(note: FeedNote): ThingId {
  return note instanceof Change ? note.thing : note.thing.id;
}

/**
 * Listens to all Things once, remembers what changed, and tells the doors.
 *
 * All doors share one, so that a change stands at the same place for each of them: who lost its connection at one may
 * resume at another.
 */
export class ThingFeed implements Disposable {
  /** The last changes. */
  readonly log: ChangeLog;
  readonly #clock: Clock;
  readonly #listeners = new Set<(note: FeedNote) => void>();
  readonly #stop: () => void;

  constructor(things: Things, clock: Clock, limits?: ChangeLogLimits) {
    this.#clock = clock;
    this.log = new ChangeLog(clock.now(), limits);
    this.#stop = things.watch('all', (note) => this.#hear(note));
  }

  /** Calls `listener` with everything that happens; returns how to stop. */
  watch(listener: (note: FeedNote) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  [Symbol.dispose](): void {
    this.#stop();
    this.#listeners.clear();
  }

  #hear(note: ThingNote): void {
    const told = this.#remember(note);
    for (const listener of this.#listeners) listener(told);
  }

  #remember(note: ThingNote): FeedNote {
    if (note.kind === 'property') {
      const { kind, name, state, thing } = note;
      const { json, time } = state;
      return this.log.add({ kind, thing: thing.id, name, json, time }, this.#clock.now());
    }
    if (note.kind === 'event') {
      const { kind, name, data, time, thing } = note;
      const json = data === undefined ? undefined : JSON.stringify(data);
      return this.log.add({ kind, thing: thing.id, name, json, time }, this.#clock.now());
    }
    return note;
  }
}
