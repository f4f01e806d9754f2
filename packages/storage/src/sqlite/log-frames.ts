import { endianness } from 'node:os';
import { pageBytes } from './sqlite-file.ts';

/** Two running sums modulo 2^32, over words taken in pairs: how SQLite checks its log. */
export interface Sums {
  readonly a: number;
  readonly b: number;
}

/** The sums before anything is added. */
export const nothing: Sums = { a: 0, b: 0 };

/** A word of the log, and by how much it is off. */
export interface WrongWord {
  readonly at: number;
  readonly by: number;
}

const words = { header: 8, frameHeader: 6, page: pageBytes / 4 } as const;
const frameWords = words.frameHeader + words.page;

/** Where a checked part of the log lies, in words: its pairs in two runs, and its check. */
interface Block {
  readonly runs: readonly (readonly [from: number, to: number])[];
  readonly check: number;
}

const headerBlock: Block = { runs: [[0, 6]], check: 6 };

/** What begins a log whose sums are over little-endian words, and the version of its format. */
const beginning = { magic: 0x377f0682, version: 3_007_000 } as const;

/**
 * A write-ahead log as SQLite lays it out: a header, then frames of a page each. Every check is over all that came before.
 *
 * Frames count from 0; frame -1 is the header.
 *
 * @see {@link https://www.sqlite.org/fileformat2.html#the_write_ahead_log | SQLite file format, 4}
 */
export class LogFrames {
  readonly #words: Int32Array;
  /** Whole frames that are there, of whatever age. */
  readonly count: number;

  constructor(bytes: Buffer) {
    this.#words = new Int32Array(bytes.byteLength >> 2);
    Buffer.from(this.#words.buffer).set(bytes.subarray(0, this.#words.byteLength));
    this.count = Math.max(0, Math.floor((this.#words.length - words.header) / frameWords));
  }

  /** Whether it is a log as this program writes it. Of others nothing is known. */
  get isOurs(): boolean {
    return (
      endianness() === 'LE' &&
      this.#big(0) === beginning.magic &&
      this.#big(1) === beginning.version &&
      this.#big(2) === pageBytes
    );
  }

  /** The whole log, as a file has it. */
  get bytes(): Buffer {
    return Buffer.from(this.#words.buffer);
  }

  /** What the sums are after frame `n`, when they are `before` ahead of it. */
  sumsAfter(n: number, before: Sums): Sums {
    let { a, b } = before;
    for (const [from, to] of blockOf(n).runs) {
      for (let at = from; at < to; at += 2) {
        a = (a + this.#word(at) + b) | 0;
        b = (b + this.#word(at + 1) + a) | 0;
      }
    }
    return { a, b };
  }

  /** What frame `n` says the sums are after it. */
  storedSums(n: number): Sums {
    const { check } = blockOf(n);
    return { a: this.#big(check), b: this.#big(check + 1) };
  }

  /** How many of the two salts frame `n` has in common with the header: what an older log left has none. */
  commonSalts(n: number): number {
    if (n < 0) return 2;
    const salt = frameStart(n) + 2;
    return [0, 1].filter((i) => this.#word(salt + i) === this.#word(4 + i)).length;
  }

  /** Whether frame `n` says of which page it is. */
  hasPage(n: number): boolean {
    return this.#big(frameStart(n)) > 0;
  }

  /** Whether a transaction ends with frame `n`. */
  isCommit(n: number): boolean {
    return this.#word(frameStart(n) + 1) !== 0;
  }

  /** Gives the first frames the salts of the header, and the header and them new checks. */
  seal(frames: number): void {
    let sums: Sums = nothing;
    for (let n = -1; n < frames; n++) {
      const { check } = blockOf(n);
      if (n >= 0) this.#words.copyWithin(frameStart(n) + 2, 4, 6);
      sums = this.sumsAfter(n, sums);
      this.#setBig(check, sums.a);
      this.#setBig(check + 1, sums.b);
    }
  }

  /** Makes the header anew, with the salts of a frame. */
  renewHeader(frame: number): void {
    const { magic, version } = beginning;
    for (const [at, word] of [magic, version, pageBytes].entries()) this.#setBig(at, word);
    this.#words.copyWithin(4, frameStart(frame) + 2, frameStart(frame) + 4);
  }

  /** Puts a copy of a neighbour in the place of frame `n`: to write a page twice changes nothing. */
  replaceByNeighbour(n: number): void {
    const start = frameStart(n === 0 ? 1 : n - 1);
    this.#words.copyWithin(frameStart(n), start, start + frameWords);
  }

  /**
   * The words each of which, if it alone is wrong, explains that the sums after frame `n` are not what it says.
   *
   * The sums are linear: followed backwards, their difference is by how much a word is off, where it went in.
   * Mostly that fits one word; a flip of one of a word's ten highest bits fits several.
   */
  wrongWords(n: number, sums: Sums): readonly WrongWord[] {
    const stored = this.storedSums(n);
    const found: WrongWord[] = [];
    let a = (sums.a - stored.a) | 0;
    let b = (sums.b - stored.b) | 0;
    for (const [from, to] of blockOf(n).runs.toReversed()) {
      for (let at = to - 2; at >= from; at -= 2) {
        if (a === b) found.push({ at, by: a });
        if (a === 0) found.push({ at: at + 1, by: b });
        b = (b - a) | 0;
        a = (a - b) | 0;
      }
    }
    return found;
  }

  /** Rights a word. */
  right({ at, by }: WrongWord): void {
    this.#words[at] = (this.#word(at) - by) | 0;
  }

  #word(at: number): number {
    return this.#words[at] ?? 0;
  }

  #big(at: number): number {
    return swapped(this.#word(at));
  }

  #setBig(at: number, value: number): void {
    this.#words[at] = swapped(value);
  }
}

/** Whether two sums are the same. */
export const sameSums = (one: Sums, other: Sums): boolean => one.a === other.a && one.b === other.b;

const frameStart = (n: number) => words.header + n * frameWords;

function blockOf(n: number): Block {
  if (n < 0) return headerBlock;
  const start = frameStart(n);
  const page = start + words.frameHeader;
  return {
    runs: [
      [start, start + 2],
      [page, page + words.page],
    ],
    check: start + 4,
  };
}

/** A word whose bytes stand the other way round. */
function swapped(word: number): number {
  return (
    ((word & 0xff) << 24) |
    ((word & 0xff00) << 8) |
    ((word >>> 8) & 0xff00) |
    ((word >>> 24) & 0xff)
  );
}
