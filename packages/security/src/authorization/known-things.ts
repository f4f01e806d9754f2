import type { ThingId } from '@thingtalk/core';

/** What grants may say of a Thing beside its id. */
export interface ThingFact {
  /** What users tagged it with. */
  readonly tags: readonly string[];
  /** Its `@type`s, as it says them itself. */
  readonly types: readonly string[];
}

/** Where it is known what Things are. */
export interface ThingFacts {
  /** What is known of a Thing; `undefined` when there is no such Thing. */
  of(thing: ThingId): ThingFact | undefined;
  /** Calls `listener` after what is known of a Thing may have changed. Returns how to stop. */
  watch(listener: (thing: ThingId) => void): () => void;
}

/** All Things with the same tags and types: what is decided of one by those is decided of all. One object for each such set. */
export type ThingClass = ThingFact;

/** A Thing as tables know it. */
export interface KnownThing {
  /** Its place in tables, from 1; 0 for all Things that are not there. Never given twice at the same revision. */
  readonly place: number;
  readonly class: ThingClass;
}

const plain: ThingClass = { tags: [], types: [] };

/** Any Thing that is not there. */
const absent: KnownThing = { place: 0, class: plain };

/** Knows the class of each Thing, so that ten thousand Things of twenty kinds are decided on twenty times. */
export class KnownThings implements Disposable {
  /** Counts the changes of what Things are, and of their places. */
  revision = 0;
  readonly #facts: ThingFacts;
  readonly #things = new Map<ThingId, KnownThing>();
  readonly #classes = new Map<string, ThingClass>();
  readonly #stop: () => void;
  #places = 1;

  /** @param changed called after a Thing has come to be of another class. */
  constructor(facts: ThingFacts, changed: () => void) {
    this.#facts = facts;
    this.#stop = facts.watch((thing) => {
      const before = this.#things.get(thing) ?? absent;
      this.#things.delete(thing);
      if (this.of(thing).class === before.class) return;
      this.revision++;
      changed();
    });
  }

  /** How many places there are. */
  get places(): number {
    return this.#places;
  }

  of(thing: ThingId): KnownThing {
    return this.#things.get(thing) ?? this.#learn(thing);
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #learn(thing: ThingId): KnownThing {
    const fact = this.#facts.of(thing);
    // Whoever asks for Things that are not there fills no memory.
    if (fact === undefined) return absent;
    if (this.#places > 2 * this.#things.size + 1_000) this.#startAnew();
    const known = { place: this.#places++, class: this.#classOf(fact) };
    this.#things.set(thing, known);
    return known;
  }

  /** Takes back the places and classes of Things that went or changed, so that there are never many more than Things. */
  #startAnew(): void {
    this.#things.clear();
    this.#classes.clear();
    this.#places = 1;
    this.revision++;
  }

  #classOf(fact: ThingFact): ThingClass {
    const found = { tags: sorted(fact.tags), types: sorted(fact.types) };
    if (found.tags.length + found.types.length === 0) return plain;
    const key = JSON.stringify(found);
    const known = this.#classes.get(key) ?? found;
    this.#classes.set(key, known);
    return known;
  }
}

function sorted(words: readonly string[]): readonly string[] {
  return [...new Set(words)].sort();
}
