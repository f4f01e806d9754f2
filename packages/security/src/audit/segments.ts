import { type FileHandle, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** How much is kept. */
export interface SegmentLimits {
  /** Most lines. */
  readonly entries: number;
  /** Most bytes. */
  readonly bytes: number;
}

/** A file with some lines of the log. */
export interface Segment {
  readonly path: string;
  /** The number of its first line. */
  readonly first: number;
  entries: number;
  /** What is known to be written in full; more may stand there after a crash. */
  bytes: number;
}

/** Into how many files the whole is cut: so much of it goes at once when it is full. */
const parts = 16;
const fileName = /^audit-(\d{12})\.jsonl$/;

/** Lines in files, of which the oldest go: `audit-<number of the first line>.jsonl`, readable by their owner only. */
export class Segments implements AsyncDisposable {
  readonly #directory: string;
  readonly #limits: SegmentLimits;
  readonly #segments: Segment[];
  #file: FileHandle | undefined;
  #isTorn = true;

  private constructor(directory: string, limits: SegmentLimits, segments: Segment[]) {
    this.#directory = directory;
    this.#limits = limits;
    this.#segments = segments;
  }

  /** Opens what is in a directory, which is made when it is not there. */
  static async open(directory: string, limits: SegmentLimits): Promise<Segments> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const names = (await readdir(directory)).filter((name) => fileName.test(name)).sort();
    const segments: Segment[] = [];
    for (const name of names) segments.push(await readSegment(join(directory, name)));
    return new Segments(directory, limits, segments);
  }

  /** From the oldest to the newest. */
  get all(): readonly Segment[] {
    return [...this.#segments];
  }

  /** Whether the next line begins a file. */
  get isAtStart(): boolean {
    const last = this.#segments.at(-1);
    const { entries, bytes } = this.#limits;
    if (last === undefined || last.entries === 0) return true;
    return last.entries >= entries / parts || last.bytes >= bytes / parts;
  }

  /**
   * Writes lines, and takes the oldest away when there are too many. Once it resolves they are on the disk.
   *
   * @param first the number of the first line.
   * @throws what the disk says; then none of them counts as written.
   */
  async append(lines: readonly string[], first: number): Promise<void> {
    if (this.isAtStart && this.#segments.at(-1)?.first !== first) await this.#begin(first);
    const last = this.#segments.at(-1);
    if (last === undefined) return;
    const text = Buffer.from(`${lines.join('\n')}\n`);
    this.#file ??= await open(last.path, 'a', 0o600);
    if (this.#isTorn) await this.#file.truncate(last.bytes);
    this.#isTorn = true;
    await this.#file.appendFile(text);
    await this.#file.datasync();
    this.#isTorn = false;
    last.entries += lines.length;
    last.bytes += text.length;
    await this.#trim();
  }

  /** The lines of a file; none when it has gone meanwhile. */
  async read({ path, bytes }: Segment): Promise<readonly string[]> {
    return linesOf(await contentOf(path, bytes));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #begin(first: number): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    const path = join(this.#directory, `audit-${String(first).padStart(12, '0')}.jsonl`);
    this.#segments.push({ path, first, entries: 0, bytes: 0 });
  }

  async #trim(): Promise<void> {
    const sum = (what: 'entries' | 'bytes') =>
      this.#segments.reduce((total, segment) => total + segment[what], 0);
    while (sum('entries') > this.#limits.entries || sum('bytes') > this.#limits.bytes) {
      if (this.#segments.length === 1) return;
      const oldest = this.#segments.shift();
      if (oldest !== undefined) await rm(oldest.path, { force: true });
    }
  }
}

async function readSegment(path: string): Promise<Segment> {
  const content = await contentOf(path);
  // What comes after the last line break was being written when the power went.
  const bytes = content.lastIndexOf(0x0a) + 1;
  const first = Number(path.slice(-'000000000000.jsonl'.length, -'.jsonl'.length));
  return { path, first, entries: linesOf(content.subarray(0, bytes)).length, bytes };
}

async function contentOf(path: string, bytes?: number): Promise<Buffer> {
  try {
    return (await readFile(path)).subarray(0, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function linesOf(content: Buffer): readonly string[] {
  return content.length === 0 ? [] : content.toString('utf8').trimEnd().split('\n');
}
