/** What a {@link DirectoryStream} reads from. */
export interface StreamSource {
  /** Place of the newest change. */
  newest(): number;
  /** Frames of some of what came after a place, and where to read on. */
  read(place: number): Promise<{ readonly frames: string; readonly place: number }>;
}

/**
 * A stream of a directory's changes to one reader: it reads on in the log as fast as the reader takes it, so that who is
 * slow, or comes from long ago, costs no memory and misses nothing.
 */
export class DirectoryStream implements AsyncIterableIterator<string> {
  readonly #source: StreamSource;
  readonly #onEnd: () => void;
  /** What goes out before anything else. */
  #waiting: string;
  #place: number;
  /** Whether the reader knows where it stands; until then it is told even if there is nothing else to tell. */
  #isTold = false;
  #ended = false;
  /** Resolves when there may be more than was looked at. */
  #more = Promise.withResolvers<void>();

  /**
   * @param place what came after it is told.
   * @param first what the reader gets before anything else.
   * @param onEnd called once when the stream ends, whoever ends it.
   */
  constructor(source: StreamSource, place: number, first: string, onEnd: () => void) {
    this.#source = source;
    this.#place = place;
    this.#waiting = first;
    this.#onEnd = onEnd;
  }

  /** Says that there may be more. */
  poke(): void {
    this.#more.resolve();
  }

  /** Says a word that is no change: that the stream is alive. */
  say(comment: string): void {
    if (this.#waiting === '') this.#waiting = comment;
    this.poke();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    this.poke();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<string>> {
    while (!this.#ended) {
      // Before looking: what comes while it looks shall wake it too.
      this.#more = Promise.withResolvers<void>();
      const text = this.#take() || (await this.#readOn());
      if (text !== '') return { done: false, value: text };
      await this.#more.promise;
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<string>> {
    this.end();
    return { done: true, value: undefined };
  }

  #take(): string {
    const text = this.#waiting;
    this.#waiting = '';
    return text;
  }

  /** The next frames; nothing when all is told. */
  async #readOn(): Promise<string> {
    while (this.#place < this.#source.newest()) {
      const { frames, place } = await this.#source.read(this.#place);
      this.#place = place;
      if (frames !== '') return frames;
    }
    if (this.#isTold) return '';
    this.#isTold = true;
    return `id: ${this.#place}\n\n`;
  }
}
