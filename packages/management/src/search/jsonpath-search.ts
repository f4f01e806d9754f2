import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { type Clock, Problem, type Timer, Turns } from '@thingtalk/core';
import type { SearchAnswer, SearchRequest } from './search-messages.ts';

/** What a search may cost. */
export interface SearchLimits {
  /** Longest query, in characters. Default 2,048. */
  readonly queryLength: number;
  /** How long one may take, in milliseconds, once the process is ready. Default 3,000. */
  readonly timeoutMs: number;
  /** Largest heap of the process that searches, in MiB. Default 512. */
  readonly heapMiB: number;
  /** How many may wait for their turn. Default 16. */
  readonly waiting: number;
}

const defaultLimits: SearchLimits = {
  queryLength: 2_048,
  timeoutMs: 3_000,
  heapMiB: 512,
  waiting: 16,
};

/** How long the process may take to start and to read what is searched, in milliseconds: no query can make it longer. */
const loadMs = 15_000;

/** How long the process stays without a search, in milliseconds: it holds a copy of all Thing Descriptions. */
const idleMs = 60_000;

/** From source the program is a .ts file, and built a .js one, as this file is. */
const program = () => new URL(`./search-process${extname(import.meta.url)}`, import.meta.url);

/**
 * Evaluates JSONPath queries (RFC 9535) in a process of its own, started at the first and ended when one costs too much:
 * `$[*,*,*,*]` repeated exhausts any memory, and a worker thread's limits did not save the process around it.
 */
export class JsonPathSearch implements Disposable {
  readonly #clock: Clock;
  readonly #limits: SearchLimits;
  readonly #turns = new Turns<string>();
  #waiting = 0;
  #child: ChildProcess | undefined;
  /** What the process has ready to search. */
  #loaded: string | undefined;
  #ended = false;
  #idle: Timer | undefined;

  constructor(clock: Clock, limits: Partial<SearchLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...defaultLimits, ...limits };
  }

  /** Whether the process that searches is there. */
  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /**
   * Selects from `documents`.
   *
   * @returns JSON text of an array.
   * @throws {@link Problem} `bad-request` when the query is none, or costs too much; `overloaded` when too many wait.
   */
  async search(query: string, documents: string): Promise<string> {
    const { queryLength, waiting } = this.#limits;
    if (query.trim() === '') {
      throw new Problem(
        'bad-request',
        "the query is empty; '$[*].title' is one, as RFC 9535 has them",
      );
    }
    if (query.length > queryLength) {
      throw new Problem(
        'bad-request',
        `a query of ${query.length} characters is longer than ${queryLength}`,
      );
    }
    if (this.#waiting >= waiting) {
      throw new Problem('overloaded', `${waiting} searches wait already`, { retryAfterSeconds: 1 });
    }
    this.#waiting++;
    this.#idle?.cancel();
    try {
      const answer = await this.#turns.take('process', () => this.#ask(query, documents));
      if (answer.kind === 'found') return answer.json;
      const detail = answer.kind === 'refused' ? answer.detail : 'it was not answered';
      throw new Problem('bad-request', `the query '${query}' is refused: ${detail}`);
    } finally {
      this.#waiting--;
      if (this.#waiting === 0) this.#idle = this.#clock.after(idleMs, () => this.#stop());
    }
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#idle?.cancel();
    this.#stop();
  }

  async #ask(query: string, documents: string): Promise<SearchAnswer> {
    if (this.#ended) throw new Problem('overloaded', 'the directory is shutting down');
    if (!this.#child?.connected || this.#loaded !== documents) {
      const answer = await this.#call({ kind: 'load', documents }, loadMs);
      if (answer.kind !== 'loaded') {
        throw new Problem('overloaded', 'the Thing Descriptions could not be made ready to search');
      }
      this.#loaded = documents;
    }
    return this.#call({ kind: 'select', query }, this.#limits.timeoutMs);
  }

  /** Asks the process; when it answers too late or not at all, it is ended, and the next call starts another. */
  async #call(request: SearchRequest, timeoutMs: number): Promise<SearchAnswer> {
    const child = this.#started();
    const { promise, resolve } = Promise.withResolvers<SearchAnswer>();
    const refuse = (detail: string) => {
      this.#stop();
      resolve({ kind: 'refused', detail });
    };
    const died = () => refuse(`it needs more than ${this.#limits.heapMiB} MiB of memory`);
    child.once('message', resolve).once('exit', died).once('error', died);
    using _timer = this.#clock.after(timeoutMs, () => refuse(`it takes over ${timeoutMs} ms`));
    // It keeps this process alive only while somebody waits for it.
    child.channel?.ref();
    child.send(request, (error) => {
      if (error !== null) died();
    });
    try {
      return await promise;
    } finally {
      child.off('message', resolve).off('exit', died).off('error', died);
      child.channel?.unref();
    }
  }

  #started(): ChildProcess {
    if (this.#child?.connected) return this.#child;
    const child = fork(program(), {
      env: {},
      execArgv: [`--max-old-space-size=${this.#limits.heapMiB}`],
      // What V8 prints when the heap is exhausted is nobody's concern: the query is refused.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    // An error that nobody waits for any more must not end this process.
    child.on('error', () => {});
    child.unref();
    this.#child = child;
    this.#loaded = undefined;
    return child;
  }

  #stop(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
    this.#loaded = undefined;
  }
}
