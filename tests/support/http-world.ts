import {
  documentRoutes,
  type HttpServer,
  type HttpServerOptions,
  httpForms,
  mqttChannels,
  startHttpServer,
  ThingFeed,
  type ThingRoutesOptions,
  thingRoutes,
  websocketChannels,
  webthingsRoutes,
} from '@thingtalk/application';
import {
  type Clock,
  defineThing,
  type ExposedThing,
  MemoryBus,
  openThings,
  Problem,
  Servient,
  systemClock,
  type Things,
} from '@thingtalk/core';

/** A lamp that has one of everything the HTTP door must serve. */
export const lamp = defineThing(
  'urn:dev:ops:my-lamp-1234',
  {
    title: 'My Lamp',
    description: 'A web connected lamp',
    '@type': ['OnOffSwitch', 'Light'],
    '@context': [{ saref: 'https://w3id.org/saref#' }],
    properties: {
      on: { '@type': 'OnOffProperty', title: 'On/Off', type: 'boolean' },
      brightness: { type: 'integer', minimum: 0, maximum: 100, unit: 'percent' },
      power: { type: 'number', unit: 'watt', readOnly: true },
      pin: { type: 'string', writeOnly: true },
      never: { type: 'string', readOnly: true },
    },
    actions: {
      fade: {
        input: {
          type: 'object',
          required: ['brightness', 'duration'],
          properties: {
            brightness: { type: 'integer', minimum: 0, maximum: 100, unit: 'percent' },
            duration: { type: 'integer', minimum: 1, unit: 'millisecond' },
          },
        },
      },
      add: { synchronous: true, input: { type: 'number' }, output: { type: 'number' } },
      blink: { synchronous: true },
      burn: { synchronous: true },
      fail: {},
    },
    events: {
      overheated: { data: { type: 'number', unit: 'degree celsius' } },
      touched: {},
    },
  },
  {
    initial: { on: true, brightness: 50, power: 7.5 },
    actions: {
      async fade({ brightness, duration }, run) {
        await run.delay(duration);
        run.thing.report('brightness', brightness);
        run.thing.emit('overheated', 102);
      },
      add: (input) => input + 1,
      blink: () => {},
      burn: () => {
        throw new Problem('action-failed', 'the lamp is on fire');
      },
      fail: () => {
        throw new Problem('action-failed', 'the bulb is broken');
      },
    },
  },
);

/** A gateway with a lamp, in this process, behind a real HTTP server. */
export interface HttpWorld extends AsyncDisposable {
  readonly base: string;
  readonly port: number;
  readonly server: HttpServer;
  readonly things: Things;
  readonly servient: Servient;
  readonly bus: MemoryBus;
  readonly lamp: ExposedThing<(typeof lamp)['td']>;
  /** `fetch` on a path of the server. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** `fetch` with a JSON body. */
  readonly send: (
    method: string,
    path: string,
    body: unknown,
    headers?: Record<string, string>,
  ) => Promise<Response>;
}

/** How its doors are guarded. */
export type WorldDoors = Pick<HttpServerOptions, 'guard' | 'audit' | 'refuseHost' | 'origins'> &
  Pick<ThingRoutesOptions, 'security'>;

/** Starts one, on a port of its own. */
export async function startHttpWorld(
  clock: Clock = systemClock,
  { security, ...doors }: WorldDoors = {},
): Promise<HttpWorld> {
  await using stack = new AsyncDisposableStack();
  const bus = stack.use(new MemoryBus());
  const servient = stack.use(new Servient({ bus, clock }));
  const exposed = await servient.expose(lamp);
  const { things } = stack.use(await openThings({ bus, clock, acknowledges: true }));
  const feed = stack.use(new ThingFeed(things, clock));
  const w3c = stack.use(
    thingRoutes({
      things,
      feed,
      clock,
      forms: [httpForms],
      introduced: () => things.find(lamp.id),
      ...(security && { security }),
    }),
  );
  const webthings = stack.use(webthingsRoutes({ things, feed }));
  const routes = documentRoutes({
    info: { title: 'thingTalk', version: '0.1.0', description: 'A gateway with a lamp' },
    things,
    routes: [...w3c.routes, ...webthings.routes],
    channels: [...mqttChannels, ...websocketChannels],
    brokerOf: () => 'mqtt://127.0.0.1:1883',
  });
  const server = stack.use(await startHttpServer({ routes, port: 0, clock, ...doors }));
  const owned = stack.move();
  const request = (path: string, init?: RequestInit) => fetch(server.base + path, init);
  return {
    base: server.base,
    port: server.port,
    server,
    things,
    servient,
    bus,
    lamp: exposed,
    fetch: request,
    send: (method, path, body, headers) =>
      request(path, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A server-sent event as a reader sees it. */
export interface SentEvent {
  readonly event: string | undefined;
  readonly data: string | undefined;
  readonly id: string | undefined;
}

/** Reads server-sent events one by one; `await using` hangs up. Blocks without data are left out, as the standard says. */
export class EventReader implements AsyncDisposable {
  readonly response: Response;
  readonly #abort: AbortController;
  readonly #pieces: ReadableStreamDefaultReader<string>;
  #text = '';
  /** Id of the last block, with data or without. */
  lastId: string | undefined;
  /** Comments so far. */
  readonly comments: string[] = [];

  private constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    const { body } = response;
    if (body === null) throw new Error('the answer has no body');
    this.#pieces = body.pipeThrough(new TextDecoderStream()).getReader();
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const abort = new AbortController();
    const response = await fetch(url, {
      headers: { accept: 'text/event-stream', ...headers },
      signal: abort.signal,
    });
    const reader = new EventReader(response, abort);
    return reader;
  }

  /** The next event; `undefined` when the stream ends. */
  async next(): Promise<SentEvent | undefined> {
    for (;;) {
      const block = await this.#block();
      if (block === undefined) return undefined;
      const fields = block.split('\n').map((line) => /^(\w*): ?(.*)$/.exec(line)?.slice(1) ?? []);
      const field = (name: string) => fields.find(([key]) => key === name)?.[1];
      this.comments.push(
        ...fields.filter(([key]) => key === '').map(([, comment]) => comment ?? ''),
      );
      this.lastId = field('id') ?? this.lastId;
      if (field('data') !== undefined) {
        return { event: field('event'), data: field('data'), id: field('id') };
      }
    }
  }

  /** Reads until the stream has said its first word: from then on nothing is missed. */
  async opened(): Promise<this> {
    while (!this.#text.includes('\n\n')) await this.#more();
    return this;
  }

  /** The id by which the stream says where it begins. */
  async opening(): Promise<string> {
    const block = (await this.#block()) ?? '';
    return /^id: (.*)$/m.exec(block)?.[1] ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pieces.cancel().catch(() => {});
    this.#abort.abort();
  }

  async #block(): Promise<string | undefined> {
    while (!this.#text.includes('\n\n')) if (!(await this.#more())) return undefined;
    const end = this.#text.indexOf('\n\n');
    const block = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 2);
    return block;
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#pieces.read();
    this.#text += value ?? '';
    return !done;
  }
}
