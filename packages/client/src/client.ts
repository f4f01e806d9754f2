import type { Clock, JsonValue, ThingDescription, ThingInit } from '@thingtalk/core';
import type { BackoffOptions } from './backoff.ts';
import { ConsumedThing } from './consumed-thing.ts';
import { type CallOptions, systemClock } from './deadline.ts';
import { type Source, socketHref } from './forms.ts';
import { Http, type HttpCall } from './http.ts';
import { checkAgainst, type ThingLiteral } from './literal.ts';
import { ProblemError } from './problem-error.ts';
import { Sockets } from './sockets.ts';
import type { ConnectionStatus } from './thing-socket.ts';
import { ThingWatch, type WatchSettings } from './thing-watch.ts';

/** How a client behaves. */
export interface ClientOptions {
  /** How long the gateway may take to answer, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** After this long without a word on the live connection the gateway is asked for one. Default 15,000. */
  readonly heartbeatMs?: number;
  /** How long to wait before connecting again. */
  readonly backoff?: BackoffOptions;
  /** Sent with every HTTP request, as for authentication. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Told when a subscription that stood cannot be resumed yet, and is tried again; and with `notifications-missed` when
   * the gateway no longer knows all the events that happened while the connection was down. Default: nobody.
   */
  readonly onProblem?: (problem: ProblemError, thingID: string) => void;
  /** Default: the platform's own. */
  readonly fetch?: typeof globalThis.fetch;
  /** Default: the platform's own. */
  readonly WebSocket?: typeof globalThis.WebSocket;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

/**
 * Connects to a gateway: `await using client = await connect('http://127.0.0.1:8080')`.
 *
 * It is asked once, to be sure that it is there. The live connection is opened when something is first observed.
 *
 * @throws {@link ProblemError} `gateway-unreachable`, or what the gateway answers; `bad-request` for a URL that is none.
 */
export async function connect(
  url: string | URL,
  options: ClientOptions & Pick<CallOptions, 'signal'> = {},
): Promise<Client> {
  const { signal, ...rest } = options;
  const client = new Client(url, rest);
  await client.describe(signal ? { signal } : {});
  return client;
}

/** A gateway, as seen from here. Disposing of it closes its live connection. */
export class Client implements AsyncDisposable, Disposable {
  readonly #base: URL;
  readonly #http: Http;
  readonly #clock: Clock;
  readonly #sockets: Sockets;
  readonly #watches = new Map<string, ThingWatch>();
  readonly #watchSettings: WatchSettings;

  /** @param url where the gateway is, as `http://127.0.0.1:8080`; a path in front of it is kept. */
  constructor(url: string | URL, options: ClientOptions = {}) {
    const { timeoutMs = 10_000, heartbeatMs = 15_000, backoff = {}, headers = {} } = options;
    const { clock = systemClock, onProblem = () => {} } = options;
    const { WebSocket = globalThis.WebSocket, fetch = globalThis.fetch } = options;
    this.#base = baseOf(url);
    this.#clock = clock;
    // Browsers refuse a `fetch` that is called as somebody's method.
    this.#http = new Http({ fetch: (...call) => fetch(...call), clock, timeoutMs, headers });
    this.#sockets = new Sockets({ WebSocket, clock, timeoutMs, heartbeatMs, backoff });
    this.#watchSettings = { clock, timeoutMs, backoff, onProblem };
  }

  /** Where the gateway is. */
  get url(): string {
    return this.#base.href;
  }

  /** Where the live connection stands. */
  get status(): ConnectionStatus {
    return this.#sockets.status;
  }

  /** Calls `listener` at each change of {@link status}; returns how to stop. */
  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    return this.#sockets.onStatus(listener);
  }

  /** The gateway's own Thing Description. */
  async describe(options: CallOptions = {}): Promise<ThingDescription> {
    return this.#td('.well-known/wot', options);
  }

  /** The Thing Descriptions of all Things the gateway knows, sorted by id. */
  async things(options: CallOptions = {}): Promise<readonly ThingDescription[]> {
    const all: ThingDescription[] = [];
    let page: URL | undefined = new URL('things', this.#base);
    while (page !== undefined) {
      const { body, headers } = await this.#http.call(page, options);
      if (!Array.isArray(body)) {
        throw ProblemError.ofConnection('answer-invalid', `GET ${page} gave no list of Things`);
      }
      all.push(...(body as unknown as ThingDescription[]));
      page = nextPage(headers.get('Link'), page);
    }
    return all;
  }

  /**
   * The Thing Description of one Thing.
   *
   * @param id its URI, or for a bare device its topic level.
   * @throws {@link ProblemError} `thing-not-found`.
   */
  async thing(id: string, options: CallOptions = {}): Promise<ThingDescription> {
    return this.#td(`things/${encodeURIComponent(id)}`, options);
  }

  /** Uses a Thing of which nothing is known when the program is written. */
  consume(id: string, options?: CallOptions): Promise<ConsumedThing>;
  /**
   * Uses a Thing by its definition: names and value types are checked by the compiler, and once at run time against the
   * Thing that is served.
   *
   * @throws {@link ProblemError} `thing-not-found`; `td-invalid` when the Thing is served otherwise.
   */
  consume<const T extends ThingInit>(
    thing: ThingLiteral<T>,
    options?: CallOptions,
  ): Promise<ConsumedThing<T>>;
  async consume<T>(
    thing: string | ThingLiteral<ThingInit>,
    options: CallOptions = {},
  ): Promise<ConsumedThing<T>> {
    const id = typeof thing === 'string' ? thing : thing.id;
    const url = new URL(`things/${encodeURIComponent(id)}`, this.#base).href;
    const source = { td: await this.thing(id, options), url };
    if (typeof thing !== 'string') checkAgainst(thing.td, source.td);
    const watch = () => this.#watch(source);
    return new ConsumedThing<T>({ source, http: this.#http, clock: this.#clock, watch });
  }

  /**
   * Has the gateway adopt a Thing that it can discover, or that was forgotten.
   *
   * @throws {@link ProblemError} `thing-not-found`.
   */
  async adopt(id: string, options: CallOptions = {}): Promise<void> {
    await this.#post(`discovered/${encodeURIComponent(id)}/adopt`, options);
  }

  /**
   * Has the gateway forget a Thing: one that lives on the bus is ignored until it is adopted again, one that was
   * registered is deleted.
   *
   * @throws {@link ProblemError} `thing-not-found`; `conflict` when it is the gateway itself.
   */
  async forget(id: string, options: CallOptions = {}): Promise<void> {
    const path = `things/${encodeURIComponent(id)}`;
    try {
      await this.#post(`${path}/forget`, options);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.name !== 'conflict') throw error;
      const url = new URL(path, this.#base);
      await this.#http.call(url, { ...options, method: 'DELETE' }).catch(() => {
        throw error;
      });
    }
  }

  /**
   * Asks the gateway for what has no method here, as its devices or its audit log.
   *
   * @param path without the slash in front, and with its query: `audit?limit=10`.
   * @returns the JSON it answers; `undefined` when there is none.
   * @throws {@link ProblemError} what it refuses with, or why no answer came.
   */
  async call(path: string, call: HttpCall = {}): Promise<JsonValue | undefined> {
    return (await this.#http.call(new URL(path, this.#base), call)).body;
  }

  /** Closes the live connection for good; subscriptions end. */
  close(): void {
    this.#sockets.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #post(path: string, options: CallOptions): Promise<void> {
    await this.#http.call(new URL(path, this.#base), { ...options, method: 'POST' });
  }

  async #td(path: string, options: CallOptions): Promise<ThingDescription> {
    const url = new URL(path, this.#base);
    const { body } = await this.#http.call(url, options);
    if (typeof (body as { readonly title?: unknown } | undefined)?.title !== 'string') {
      throw ProblemError.ofConnection('answer-invalid', `GET ${url} gave no Thing Description`);
    }
    return body as unknown as ThingDescription;
  }

  /** One watch for each Thing and address: the gateway keeps one set of subscriptions for each connection. */
  #watch(source: Source): ThingWatch {
    const href = socketHref(source);
    const key = `${href} ${source.td.id}`;
    const known = this.#watches.get(key);
    if (known !== undefined) return known;
    const watch = new ThingWatch(source.td.id, this.#sockets.at(href), this.#watchSettings);
    this.#watches.set(key, watch);
    return watch;
  }
}

function baseOf(url: string | URL): URL {
  const base = URL.parse(url);
  if (base?.protocol !== 'http:' && base?.protocol !== 'https:') {
    const detail = `'${url}' is not the URL of a gateway: write it as http://127.0.0.1:8080`;
    throw ProblemError.refused('bad-request', 400, 'The request is malformed', detail);
  }
  base.search = '';
  base.hash = '';
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}

/** The address under `rel="next"` of a Link header (RFC 8288). */
function nextPage(link: string | null, page: URL): URL | undefined {
  for (const part of link?.split(/,(?=\s*<)/) ?? []) {
    const [, href, params = ''] = /^\s*<([^>]*)>(.*)$/.exec(part) ?? [];
    if (href !== undefined && /;\s*rel="?next"?/i.test(params)) return new URL(href, page);
  }
  return undefined;
}
