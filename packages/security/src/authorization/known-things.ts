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

/** All Things with the same tags and types: what is decided of one by those is decided of all. */
export type ThingClass = ThingFact;

/** The number of the class of Things that are not there: nothing that is decided of it is remembered. */
export const absent = 0;
/** The number of the class of Things without tags and types. */
const plain = 1;

const plainClass: ThingClass = { tags: [], types: [] };

/**
 * Numbers Things and their classes, so that ten thousand Things of twenty kinds are decided on twenty times, and what was decided
 * is found by numbers.
 */
export class KnownThings implements Disposable {
  /** Counts the changes of what Things are. */
  revision = 0;
  /** Counts how often all numbers were taken back: within one numbering, none is given twice. */
  numbering = 0;
  readonly #facts: ThingFacts;
  /** From 1. A Thing that goes keeps its place for when it comes again. */
  readonly #places = new Map<ThingId, number>();
  /** The number of the class of each Thing, by its place. */
  #classAt = new Uint32Array(64);
  /** By their numbers. */
  #classes = [plainClass, plainClass];
  readonly #classNumbers = new Map<string, number>();
  readonly #stop: () => void;
  /** How often a Thing went or changed its class, in this numbering. */
  #changes = 0;

  /** @param changed called after a Thing has come to be of another class. */
  constructor(facts: ThingFacts, changed: () => void) {
    this.#facts = facts;
    this.#stop = facts.watch((thing) => {
      if (!this.#follow(thing)) return;
      this.revision++;
      changed();
    });
  }

  /** How many Things have a place. */
  get places(): number {
    return this.#places.size;
  }

  /** How many classes have a number. */
  get classes(): number {
    return this.#classes.length;
  }

  /** The place of a Thing, from 1; 0 for all that are not there, nor ever were. */
  placeOf(thing: ThingId): number {
    return this.#places.get(thing) ?? this.#learn(thing);
  }

  /** The place of a Thing, which is given to it also when it is not there. */
  placeFor(thing: ThingId): number {
    return this.placeOf(thing) || this.#give(thing, absent);
  }

  /** The number of the class of the Thing at a place. */
  classAt(place: number): number {
    return this.#classAt[place] ?? absent;
  }

  /** What a Thing is. */
  classOf(thing: ThingId): ThingClass {
    // One that was not there may be there by now, and we are about to be told.
    const number = this.classAt(this.placeOf(thing)) || this.#classNow(thing);
    return this.#classes[number] ?? plainClass;
  }

  /** Takes back all numbers, so that Things that went and classes that are no more fill no memory. */
  renumber(): void {
    this.#changes = 0;
    this.#places.clear();
    this.#classes = [plainClass, plainClass];
    this.#classNumbers.clear();
    this.numbering++;
    // What they were is forgotten, so nobody can say that it is the same.
    this.revision++;
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #learn(thing: ThingId): number {
    const number = this.#classNow(thing);
    // Whoever asks for Things that are not there fills no memory.
    return number === absent ? 0 : this.#give(thing, number);
  }

  #give(thing: ThingId, number: number): number {
    const place = this.#places.size + 1;
    this.#places.set(thing, place);
    if (place === this.#classAt.length) this.#grow();
    this.#classAt[place] = number;
    return place;
  }

  #grow(): void {
    const before = this.#classAt;
    this.#classAt = new Uint32Array(2 * before.length);
    this.#classAt.set(before);
  }

  /** Whether a Thing has come to be of another class. */
  #follow(thing: ThingId): boolean {
    const place = this.#places.get(thing);
    const before = this.classAt(place ?? 0);
    const number = this.#classNow(thing);
    // What one was before all numbers were taken back is forgotten: it may have been of any class.
    const isForgotten = place === undefined && this.numbering > 0;
    if (number === before) return isForgotten;
    const isOther = isForgotten || this.#classes[number] !== this.#classes[before];
    if (place === undefined) this.#give(thing, number);
    else this.#classAt[place] = number;
    if (before !== absent && ++this.#changes >= this.#places.size / 2 + 500) this.renumber();
    return isOther;
  }

  #classNow(thing: ThingId): number {
    const fact = this.#facts.of(thing);
    if (fact === undefined) return absent;
    const found = { tags: sorted(fact.tags), types: sorted(fact.types) };
    if (found.tags.length + found.types.length === 0) return plain;
    const key = JSON.stringify(found);
    const known = this.#classNumbers.get(key);
    if (known !== undefined) return known;
    this.#classNumbers.set(key, this.#classes.length);
    return this.#classes.push(found) - 1;
  }
}

function sorted(words: readonly string[]): readonly string[] {
  return [...new Set(words)].sort();
}
