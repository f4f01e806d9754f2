import { AlikeTexts, type KeptText } from '../data/alike-texts.ts';
import { ownText } from '../data/own-text.ts';
import { Payload } from '../data/payload.ts';

/** What was encoded is kept as text, as short as it can be; what never was, or is no text, as it came. */
type Kept = KeptText | Payload;

/** Kept messages of one stem: tail and message by turns while they are few, for most Things keep a handful. */
type Shelf = Kept[] | Map<string, Kept>;

/** Is shown one message after the other. Nothing is to be kept or cleared meanwhile. */
type Visit = (topic: string, kept: Kept) => void;

/** So many messages of one stem are looked through one by one; more are looked up. */
const few = 16;

/** So many different tails are shared by all stems; a flood of others is kept as it comes. */
const sharedTails = 1_000;

/**
 * The messages that a broker keeps for those who subscribe later: the last one of each topic.
 *
 * A topic is kept in two parts: its stem of two levels (`things/lamp`), under which everything of one Thing lies together,
 * and its tail (`/values`), whose text all Things share. So a Thing costs one entry, however many topics it keeps.
 */
export class RetainedStore {
  readonly #shelves = new Map<string, Shelf>();
  readonly #tails = new Map<string, string>();
  readonly #texts = new AlikeTexts();

  /** Whether something is kept for `topic`. */
  has(topic: string): boolean {
    return this.#find(topic) !== undefined;
  }

  /** What is kept for `topic`. */
  get(topic: string): Payload | undefined {
    const kept = this.#find(topic);
    return kept === undefined ? undefined : payloadOf(kept);
  }

  /** Keeps `payload` in place of what was there; an empty one clears the topic. */
  set(topic: string, payload: Payload): void {
    const end = stemEnd(topic);
    const stem = topic.slice(0, end);
    const tail = topic.slice(end);
    const shelf = this.#shelves.get(stem);
    if (payload.isEmpty) {
      if (shelf !== undefined && takeOff(shelf, tail)) this.#shelves.delete(stem);
      return;
    }
    const kept = this.#keep(payload);
    if (shelf === undefined) this.#shelves.set(ownText(stem), [this.#shared(tail), kept]);
    else if (shelf instanceof Map) shelf.set(tail, kept);
    else this.#put(stem, shelf, tail, kept);
  }

  /** Topics that fit `filter` and have a message. */
  topics(filter: string): string[] {
    const found: string[] = [];
    this.#each(filter, (topic) => found.push(topic));
    return found;
  }

  /** Shows every message whose topic fits `filter`. */
  each(filter: string, visit: (topic: string, payload: Payload) => void): void {
    this.#each(filter, (topic, kept) => visit(topic, payloadOf(kept)));
  }

  #each(filter: string, visit: Visit): void {
    const end = stemEnd(filter);
    const stems = filter.slice(0, end);
    // A `#` so far in front is one for every tail.
    const tails = stems.includes('#') ? '/#' : filter.slice(end);
    const look = isWild(tails) ? lookThrough(tails) : lookUp(tails);
    if (!isWild(stems)) {
      look(stems, this.#shelves.get(stems) ?? [], visit);
      return;
    }
    const levels = stems.split('/');
    for (const [stem, shelf] of this.#shelves) if (fits(levels, stem)) look(stem, shelf, visit);
  }

  #find(topic: string): Kept | undefined {
    const end = stemEnd(topic);
    const shelf = this.#shelves.get(topic.slice(0, end));
    return shelf && onShelf(shelf, topic.slice(end));
  }

  /** What came from a socket is a part of a larger chunk, and would hold all of it. */
  #keep(payload: Payload): Kept {
    if (!payload.isEncoded) return payload;
    try {
      return this.#texts.keep(payload.text());
    } catch {
      return Payload.ofBytes(new Uint8Array(payload.bytes()));
    }
  }

  #put(stem: string, shelf: Kept[], tail: string, kept: Kept): void {
    const at = placeOf(shelf, tail);
    if (at >= 0) shelf[at + 1] = kept;
    // An array that grew would have room for more than it will ever hold.
    else if (shelf.length < few * 2)
      this.#shelves.set(stem, shelf.concat(this.#shared(tail), kept));
    else this.#shelves.set(stem, new Map(pairs(shelf)).set(tail, kept));
  }

  #shared(tail: string): string {
    const known = this.#tails.get(tail);
    if (known !== undefined) return known;
    if (this.#tails.size < sharedTails) this.#tails.set(tail, tail);
    return tail;
  }
}

/** What is on a shelf for a tail. */
function onShelf(shelf: Shelf, tail: string): Kept | undefined {
  if (shelf instanceof Map) return shelf.get(tail);
  const at = placeOf(shelf, tail);
  return at < 0 ? undefined : shelf[at + 1];
}

function payloadOf(kept: Kept): Payload {
  return kept instanceof Payload ? kept : Payload.ofText(String(kept));
}

/** Where the stem of a topic or filter ends: before its second slash. */
function stemEnd(topic: string): number {
  const first = topic.indexOf('/');
  const second = first < 0 ? -1 : topic.indexOf('/', first + 1);
  return second < 0 ? topic.length : second;
}

/** Where a tail stands on a shelf; less than 0 where it does not. */
function placeOf(shelf: readonly Kept[], tail: string): number {
  let at = shelf.length - 2;
  while (at >= 0 && shelf[at] !== tail) at -= 2;
  return at;
}

/** @returns whether nothing is left. */
function takeOff(shelf: Shelf, tail: string): boolean {
  if (shelf instanceof Map) {
    shelf.delete(tail);
    return shelf.size === 0;
  }
  const at = placeOf(shelf, tail);
  if (at >= 0) shelf.splice(at, 2);
  return shelf.length === 0;
}

function* pairs(shelf: Shelf): Iterable<[tail: string, kept: Kept]> {
  if (shelf instanceof Map) yield* shelf;
  else {
    for (let at = 0; at < shelf.length; at += 2) {
      yield [shelf[at] as string, shelf[at + 1] as Kept];
    }
  }
}

/** Shows what fits of the shelf of a stem. */
type Look = (stem: string, shelf: Shelf, visit: Visit) => void;

/** Most filters name the part they want of every Thing: it is looked up. */
function lookUp(tail: string): Look {
  return (stem, shelf, visit) => {
    const kept = onShelf(shelf, tail);
    if (kept !== undefined) visit(stem + tail, kept);
  };
}

function lookThrough(tails: string): Look {
  const levels = tails.split('/');
  return (stem, shelf, visit) => {
    for (const [tail, kept] of pairs(shelf)) if (fits(levels, tail)) visit(stem + tail, kept);
  };
}

const isWild = (filter: string) => filter.includes('+') || filter.includes('#');

/** Whether the filter of these levels fits `topic`; or of both what stands behind the stem. */
function fits(levels: readonly string[], topic: string): boolean {
  // Topics that begin with `$` are the broker's own: a wildcard at the first level does not reach them (MQTT 4.7.2).
  if (topic.startsWith('$') && (levels[0] === '#' || levels[0] === '+')) return false;
  let start = 0;
  for (const level of levels) {
    if (level === '#') return true;
    if (start > topic.length) return false;
    const slash = topic.indexOf('/', start);
    const end = slash < 0 ? topic.length : slash;
    const isNamed = level.length === end - start && topic.startsWith(level, start);
    if (level !== '+' && !isNamed) return false;
    start = end + 1;
  }
  return start > topic.length;
}
