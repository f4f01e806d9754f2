import type { ThingId, Things } from '@thingtalk/core';
import type { EventNote } from '../websocket/notes.ts';

/** How many events of one Thing are remembered. */
const eventsPerThing = 100;

/** The last events of each Thing, oldest first; beyond 100 the oldest are forgotten. */
export class EventHistory implements Disposable {
  readonly #events = new Map<ThingId, EventNote[]>();
  readonly #stop: () => void;

  constructor(things: Things) {
    this.#stop = things.watch('all', (note) => {
      if (note.kind === 'event') this.#add(note);
      else if (note.kind === 'removed') this.#events.delete(note.thing.id);
    });
  }

  /** What happened to a Thing; of one kind, or of all. */
  of(thing: ThingId, name?: string): readonly EventNote[] {
    const events = this.#events.get(thing) ?? [];
    return name === undefined ? events : events.filter((event) => event.name === name);
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #add(note: EventNote): void {
    const events = this.#events.get(note.thing.id);
    if (events === undefined) {
      this.#events.set(note.thing.id, [note]);
      return;
    }
    events.push(note);
    if (events.length > eventsPerThing) events.shift();
  }
}
