import type { ThingId } from '@thingtalk/core';
import { Change } from '../feed/change.ts';
import type { ThingFeed } from '../feed/thing-feed.ts';

/** How many events of one Thing are remembered. */
const eventsPerThing = 100;

/** The last events of each Thing, oldest first; beyond 100 the oldest are forgotten. */
export class EventHistory implements Disposable {
  readonly #events = new Map<ThingId, Change[]>();
  readonly #stop: () => void;

  constructor(feed: ThingFeed) {
    this.#stop = feed.watch((note) => {
      if (note instanceof Change) {
        if (note.kind === 'event') this.#add(note);
      } else if (note.kind === 'removed') this.#events.delete(note.thing.id);
    });
  }

  /** What happened to a Thing; of one kind, or of all. */
  of(thing: ThingId, name?: string): readonly Change[] {
    const events = this.#events.get(thing) ?? [];
    return name === undefined ? events : events.filter((event) => event.name === name);
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #add(note: Change): void {
    const events = this.#events.get(note.thing);
    if (events === undefined) {
      this.#events.set(note.thing, [note]);
      return;
    }
    events.push(note);
    if (events.length > eventsPerThing) events.shift();
  }
}
