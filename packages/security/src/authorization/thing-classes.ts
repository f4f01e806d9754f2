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

/** The class of Things that are not known, and of those of which nothing is said. */
const plain: ThingClass = { tags: [], types: [] };
const plainKey = JSON.stringify([[], []]);

interface Membered {
  readonly key: string;
  readonly value: ThingClass;
  members: number;
}

/** Knows the class of each Thing, so that ten thousand Things of twenty kinds are decided on twenty times. */
export class ThingClasses implements Disposable {
  readonly #facts: ThingFacts;
  readonly #classes = new Map<string, Membered>();
  readonly #things = new Map<ThingId, Membered>();
  readonly #stop: () => void;

  /** @param changed called after a Thing has come to be of another class. */
  constructor(facts: ThingFacts, changed: () => void) {
    this.#facts = facts;
    this.#stop = facts.watch((thing) => {
      const before = this.#things.get(thing)?.value ?? plain;
      if (this.#classify(thing) !== before) changed();
    });
  }

  of(thing: ThingId): ThingClass {
    return this.#things.get(thing)?.value ?? this.#classify(thing);
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #classify(thing: ThingId): ThingClass {
    const fact = this.#facts.of(thing);
    const before = this.#things.get(thing);
    // Whoever asks for Things that are not there fills no memory.
    if (fact === undefined) this.#things.delete(thing);
    const after = fact && this.#join(fact);
    if (after !== undefined) this.#things.set(thing, after);
    if (before !== undefined) this.#leave(before);
    return after?.value ?? plain;
  }

  #join(fact: ThingFact): Membered {
    const [tags, types] = [sorted(fact.tags), sorted(fact.types)];
    const key = JSON.stringify([tags, types]);
    const value = key === plainKey ? plain : { tags, types };
    const joined = this.#classes.get(key) ?? { key, value, members: 0 };
    joined.members++;
    this.#classes.set(key, joined);
    return joined;
  }

  #leave(left: Membered): void {
    left.members--;
    if (left.members === 0) this.#classes.delete(left.key);
  }
}

function sorted(words: readonly string[]): readonly string[] {
  return [...new Set(words)].sort();
}
