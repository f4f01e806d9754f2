import type { ThingNote } from '../ports/things.ts';
import type { ThingId } from '../td/thing-id.ts';

type Listener = (note: ThingNote) => void;

/** Who wants to know what happens: to one Thing, or to all. A listener that throws does not keep others from hearing. */
export class Watchers {
  readonly #all = new Set<Listener>();
  readonly #byThing = new Map<ThingId, Set<Listener>>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  add(thing: ThingId | 'all', listener: Listener): () => void {
    if (thing === 'all') {
      this.#all.add(listener);
      return () => void this.#all.delete(listener);
    }
    let listeners = this.#byThing.get(thing);
    if (listeners === undefined) {
      listeners = new Set();
      this.#byThing.set(thing, listeners);
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#byThing.delete(thing);
    };
  }

  tell(note: ThingNote): void {
    for (const listener of this.#all) this.#call(listener, note);
    const listeners = this.#byThing.get(note.thing.id);
    if (listeners === undefined) return;
    for (const listener of listeners) this.#call(listener, note);
  }

  #call(listener: Listener, note: ThingNote): void {
    try {
      listener(note);
    } catch (error) {
      this.#onError(error);
    }
  }
}
