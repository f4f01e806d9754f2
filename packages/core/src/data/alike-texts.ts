import { ownText } from './own-text.ts';

/** What is kept of a text: `String(kept)` is the text. */
export type KeptText = string | Variant;

/** How long a text is that is compared: below there is little to gain, above it would take too long. */
const shortest = 128;
const longest = 65_536;

/** How many texts, and how many frames, a new text is compared with: those met last. */
const remembered = 16;

/**
 * Keeps texts of which many are nearly the same: what they have in common once, and of each what is its own.
 *
 * The descriptions of ten thousand lamps of a make differ in id and title.
 */
export class AlikeTexts {
  readonly #frames: Frame[] = [];
  readonly #texts: string[] = [];

  /** The text, in a form that takes less room where it is much like one of the latest. */
  keep(text: string): KeptText {
    if (text.length < shortest || text.length > longest) return text;
    const fitting = this.#frames.find((frame) => frame.fits(text));
    if (fitting !== undefined) {
      toFront(this.#frames, fitting);
      return new Variant(fitting, text);
    }
    for (const other of this.#texts) {
      const frame = Frame.around(text, other);
      if (frame === undefined) continue;
      toFront(this.#frames, frame);
      toFront(this.#texts, other);
      return new Variant(frame, text);
    }
    toFront(this.#texts, text);
    return text;
  }
}

function toFront<T>(list: T[], one: T): void {
  const at = list.indexOf(one);
  if (at >= 0) list.splice(at, 1);
  list.unshift(one);
  list.length = Math.min(list.length, remembered);
}

/** What several texts begin and end with. */
class Frame {
  readonly before: string;
  readonly after: string;

  private constructor(before: string, after: string) {
    this.before = before;
    this.after = after;
  }

  /** The largest that both texts fit into; `undefined` when it would be less than half of them. */
  static around(text: string, other: string): Frame | undefined {
    const [long, short] = text.length < other.length ? [other, text] : [text, other];
    const shift = long.length - short.length;
    let start = 0;
    while (start < short.length && short.charCodeAt(start) === long.charCodeAt(start)) start++;
    let end = short.length;
    while (end > start && short.charCodeAt(end - 1) === long.charCodeAt(end - 1 + shift)) end--;
    if (!isMost(short.length - (end - start), long)) return undefined;
    return new Frame(ownText(short.slice(0, start)), ownText(short.slice(end)));
  }

  /** Whether a text begins and ends like this, and the frame is the better half of it. */
  fits(text: string): boolean {
    const { before, after } = this;
    if (!isMost(before.length + after.length, text)) return false;
    // Parts are compared as blocks of memory; startsWith() and endsWith() take each character by itself.
    return (
      text.slice(0, before.length) === before && text.slice(text.length - after.length) === after
    );
  }
}

/** Whether so many characters are half of a text or more, and not more than there are. */
function isMost(length: number, text: string): boolean {
  return length <= text.length && length * 2 >= text.length;
}

/** A text, kept as a frame it fits into and what it has there of its own. */
class Variant {
  readonly #frame: Frame;
  readonly #own: string;

  constructor(frame: Frame, text: string) {
    const { before, after } = frame;
    this.#frame = frame;
    this.#own = ownText(text.slice(before.length, text.length - after.length));
  }

  toString(): string {
    return this.#frame.before + this.#own + this.#frame.after;
  }
}
