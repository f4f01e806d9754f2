import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Problem, type Route, type WholeReply } from '@thingtalk/core';
import { expect, it } from 'vitest';
import { type HttpServerOptions, startHttpServer } from '../http-server.ts';
import { row } from '../testing/row.ts';

type Answer = NonNullable<Route['whole']>;

/** A row that may be answered the short way. */
const short = (path: string, answer: Answer, more: Partial<Route> = {}) =>
  row(path, answer, { whole: answer, ...more });

const text = (body: string, headers = {}): WholeReply => ({ status: 200, headers, body });

/** A server of these rows, and a client that speaks bytes to it. */
async function laneWorld(routes: readonly Route[], options: Partial<HttpServerOptions> = {}) {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await startHttpServer({ port: 0, routes, ...options }));
  const open = async () => {
    const socket = connect(server.port, server.host).on('error', () => {});
    stack.defer(() => void socket.destroy());
    await once(socket, 'connect');
    return new Wire(socket);
  };
  return { server, open, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

interface Answered {
  readonly status: number;
  /** Its header lines in lower case, in order of their names, the date left out. */
  readonly lines: readonly string[];
  readonly body: string;
}

class Wire {
  readonly socket: Socket;
  #heard = Buffer.alloc(0);
  #more = Promise.withResolvers<void>();

  constructor(socket: Socket) {
    this.socket = socket;
    const wake = () => {
      this.#more.resolve();
      this.#more = Promise.withResolvers();
    };
    socket.on('close', wake);
    socket.on('data', (bytes) => {
      this.#heard = Buffer.concat([this.#heard, bytes]);
      wake();
    });
  }

  say(bytes: string): void {
    this.socket.write(bytes);
  }

  async ask(bytes: string): Promise<Answered> {
    this.say(bytes);
    return await this.answer();
  }

  /** The next answer. */
  async answer(): Promise<Answered> {
    const head = (await this.#take((heard) => heard.indexOf('\r\n\r\n') + 4)).toString();
    const [first = '', ...lines] = head.trim().toLowerCase().split('\r\n');
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    const body = (await this.#take(() => length)).toString();
    const said = lines.filter((line) => !line.startsWith('date: ')).sort();
    return { status: Number(first.split(' ')[1]), lines: said, body };
  }

  /** Takes as many bytes as `lengthIn` says, once they are there; 3 and less is taken for not found. */
  async #take(lengthIn: (heard: Buffer) => number): Promise<Buffer> {
    for (;;) {
      const length = lengthIn(this.#heard);
      if (length !== 3 && this.#heard.length >= length) {
        const taken = this.#heard.subarray(0, length);
        this.#heard = this.#heard.subarray(length);
        return taken;
      }
      if (this.socket.closed) throw new Error(`closed after '${this.#heard}'`);
      await this.#more.promise;
    }
  }
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nhost: h\r\n${more}\r\n`;
const put = (path: string, body: string, more = '') =>
  `PUT ${path} HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n` +
  `content-length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`;
/** A header that means nothing, and that only the full parser takes. */
const long = 'te: trailers\r\n';

it('the short way and the long one answer the same', async () => {
  await using world = await laneWorld([
    short('/plain', () => text('{"a":1}', { 'content-type': 'application/json', etag: '"1"' })),
    short('/words', () => text('größer als 3 €')),
    short('/bytes', () => ({ status: 200, body: new TextEncoder().encode('größer') })),
    short('/nothing', () => ({ status: 204 })),
    short('/same', () => ({ status: 304, headers: { etag: '"1"' } })),
    short('/empty', () => ({ status: 202 })),
    short('/query/:id', ({ params, query }) => text(JSON.stringify({ params, query }))),
    short('/missing', () => {
      throw new Problem('not-found', 'it is not there');
    }),
    short('/echo', (request) => text(JSON.stringify(request.body ?? null)), { method: 'PUT' }),
  ]);
  const asked = [
    ...['/plain', '/words', '/bytes', '/nothing', '/same', '/empty', '/missing', '/absent'],
    '/query/a%20%2f?x=1&y=%3d&x=2',
    '/query/%zz',
    `/query/${'a'.repeat(2_100)}`,
  ].map((path) => (more: string) => get(path, more));
  const written = ['{"a":[1,2]}', 'no json', '"größer"', '', `"${'a'.repeat(300_000)}"`].map(
    (body) => (more: string) => put('/echo', body, more),
  );
  for (const ask of [...asked, ...written]) {
    const [short, other] = [await world.open(), await world.open()];
    expect(await short.ask(ask(''))).toEqual(await other.ask(ask(long)));
  }
});

it('requests that come before the last was answered are answered in order', async () => {
  const { promise: slow, resolve } = Promise.withResolvers<WholeReply>();
  await using world = await laneWorld([
    short('/slow', () => slow),
    short('/quick', () => text('quick')),
  ]);
  const wire = await world.open();
  wire.say(get('/slow'));
  wire.say(get('/quick'));
  const other = await world.open();
  expect((await other.ask(get('/quick'))).body).toBe('quick');
  wire.say(get('/quick', long));
  resolve(text('slow'));
  expect((await wire.answer()).body).toBe('slow');
  expect((await wire.answer()).body).toBe('quick');
  expect((await wire.answer()).body).toBe('quick');
});

it('a request in pieces, and two in one piece, are answered all the same', async () => {
  await using world = await laneWorld([
    short('/a', () => text('a')),
    short('/b', (request) => text(JSON.stringify(request.body)), { method: 'PUT' }),
  ]);
  const whole = put('/b', '{"c":1}');
  for (let cut = 1; cut < whole.length; cut += 7) {
    const wire = await world.open();
    expect((await wire.ask(get('/a'))).body).toBe('a');
    wire.say(whole.slice(0, cut));
    // Once another was served, the server has read the first piece.
    await (await world.open()).ask(get('/a'));
    expect((await wire.ask(whole.slice(cut))).body).toBe('{"c":1}');
  }
  const wire = await world.open();
  wire.say(get('/a') + whole + get('/a'));
  expect((await wire.answer()).body).toBe('a');
  expect((await wire.answer()).body).toBe('{"c":1}');
  expect((await wire.answer()).body).toBe('a');
});

it('a connection may be upgraded after plain requests', async () => {
  const { promise: upgraded, resolve } = Promise.withResolvers<Duplex>();
  await using world = await laneWorld([short('/a', () => text('a'))], {
    upgrades: [{ path: '/socket', handle: ({ socket }) => resolve(socket) }],
  });
  const wire = await world.open();
  expect((await wire.ask(get('/a'))).body).toBe('a');
  wire.say(get('/socket', 'connection: upgrade\r\nupgrade: websocket\r\n'));
  (await upgraded).end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  expect((await wire.answer()).status).toBe(101);
});

it('a client that goes aborts what it asked for, and one that was answered aborts nothing', async () => {
  const signals: AbortSignal[] = [];
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  await using world = await laneWorld([
    short('/quick', ({ signal }) => {
      signals.push(signal);
      return text('quick');
    }),
    short('/hang', ({ signal }) => {
      signals.push(signal);
      arrive();
      return new Promise(() => {});
    }),
  ]);
  const wire = await world.open();
  await wire.ask(get('/quick'));
  wire.say(get('/hang'));
  await arrived;
  const aborted = once(signals[1] as AbortSignal, 'abort');
  wire.socket.destroy();
  await aborted;
  expect(signals[0]?.aborted).toBe(false);
});

it('what HTTP cannot say is answered as a bug, and never splits an answer', async () => {
  await using world = await laneWorld([
    short('/split', () => text('', { location: '/a\r\nset-cookie: b=c' })),
  ]);
  const { status, lines } = await (await world.open()).ask(get('/split'));
  expect(status).toBe(500);
  expect(lines.filter((line) => line.startsWith('set-cookie'))).toEqual([]);
});

it('draining closes what is idle, and what is being answered with its answer', async () => {
  const { promise: slow, resolve } = Promise.withResolvers<WholeReply>();
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  await using world = await laneWorld([
    short('/quick', () => text('quick')),
    short('/slow', () => {
      arrive();
      return slow;
    }),
  ]);
  const [idle, busy] = [await world.open(), await world.open()];
  await idle.ask(get('/quick'));
  busy.say(get('/slow'));
  await arrived;
  const closed = once(idle.socket, 'close');
  const drained = world.server.drain();
  await closed;
  resolve(text('slow'));
  const last = await busy.answer();
  expect([last.body, last.lines]).toEqual(['slow', expect.arrayContaining(['connection: close'])]);
  await drained;
});

it('a connection on which nothing comes is closed after the time for headers', async () => {
  await using world = await laneWorld([short('/a', () => text('a'))], {
    timeouts: { headersMs: 20 },
  });
  const wire = await world.open();
  await once(wire.socket, 'close');
});
