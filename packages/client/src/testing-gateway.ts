import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

type Json = Record<string, unknown>;

/** A small gateway for tests: one lamp over real HTTP and a real WebSocket, with a hand on each wire. */
export class TestGateway implements AsyncDisposable {
  readonly id = 'urn:test:lamp';
  /** Frames that came, newest last. */
  readonly frames: Json[] = [];
  /** HTTP requests that came, as `GET /things`. */
  readonly requests: string[] = [];
  readonly values: Json = { on: true, level: 50 };
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #heardFrames = new Set<() => void>();
  #port = 0;
  /** Answers for HTTP paths, instead of the lamp's own. */
  readonly routes = new Map<string, (response: ServerResponse, body: string) => void>();
  /** Problems to refuse socket operations with. */
  readonly refusals = new Map<string, Json>();
  /** What happens to frames: `answer`, or `ignore` as a half-open connection would. */
  mode: 'answer' | 'ignore' = 'answer';
  /** What subscriptions go on from; `undefined` for what each asked for. */
  remembersFrom: string | undefined;

  constructor() {
    this.#http = createServer((request, response) => void this.#serve(request, response));
    this.#http.on('upgrade', (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (ws) => {
        ws.on('message', (data) => this.#frame(ws, JSON.parse(String(data))));
      });
    });
  }

  static async start(): Promise<TestGateway> {
    const gateway = new TestGateway();
    await gateway.listen();
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get connections(): number {
    return this.#sockets.clients.size;
  }

  /** Listens, at the port it had before if it had one. */
  async listen(): Promise<void> {
    this.#http.listen(this.#port, '127.0.0.1');
    await once(this.#http, 'listening');
    this.#port = (this.#http.address() as AddressInfo).port;
  }

  /** Dies without a word, as by kill -9. */
  async kill(): Promise<void> {
    const closed = once(this.#http, 'close');
    this.#http.close();
    this.#http.closeAllConnections();
    for (const client of this.#sockets.clients) client.terminate();
    await closed;
  }

  /** Resolves when a frame of that operation has come, now or later. */
  async frame(operation: string, from = 0): Promise<Json> {
    for (;;) {
      const found = this.frames.slice(from).find((frame) => frame.operation === operation);
      if (found !== undefined) return found;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#heardFrames.add(resolve);
      await promise;
      this.#heardFrames.delete(resolve);
    }
  }

  /** Changes a value and tells all sockets. */
  change(name: string, value: unknown): void {
    this.values[name] = value;
    this.notify({ operation: 'observeproperty', name, value });
  }

  /** Sends a notification to all sockets. */
  notify(members: Json): void {
    const messageID = crypto.randomUUID();
    this.send({ thingID: this.id, messageID, messageType: 'notification', ...members });
  }

  /** Sends anything to all sockets. */
  send(frame: unknown): void {
    const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
    for (const client of this.#sockets.clients) client.send(text);
  }

  td(): Json {
    const ws = { href: '/things', subprotocol: 'webthingprotocol', op: ['observeproperty'] };
    const property = (name: string) => [
      { href: `/things/${this.id}/properties/${name}`, op: ['readproperty', 'writeproperty'] },
    ];
    return {
      id: this.id,
      title: 'Lamp',
      base: `${this.url}/`,
      properties: {
        on: { type: 'boolean', forms: property('on') },
        level: { type: 'integer', forms: property('level') },
        power: { type: 'number', readOnly: true, forms: property('power') },
        pin: { type: 'string', writeOnly: true, forms: property('pin') },
      },
      actions: { fade: { forms: [{ href: '/fade', op: 'invokeaction' }] } },
      events: { overheated: { data: { type: 'number' }, forms: [] } },
      forms: [
        {
          href: `/things/${this.id}/properties`,
          op: ['readallproperties', 'writemultipleproperties'],
        },
        { ...ws, href: `ws://127.0.0.1:${this.#port}/things` },
      ],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#http.listening) await this.kill();
    this.#sockets.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request;
    this.requests.push(`${method} ${url}`);
    let body = '';
    for await (const chunk of request) body += chunk;
    const route = this.routes.get(`${method} ${url}`);
    if (route !== undefined) return route(response, body);
    const json = (value: unknown) => void response.end(JSON.stringify(value));
    if (url === '/things') return json([this.td()]);
    if (url === '/.well-known/wot' || decodeURIComponent(url) === `/things/${this.id}`) {
      return json(this.td());
    }
    const name = url.split('/').at(-1) ?? '';
    if (method === 'PUT') {
      if (name === 'properties') Object.assign(this.values, JSON.parse(body));
      else this.values[name] = JSON.parse(body);
      return void response.writeHead(204).end();
    }
    if (name === 'properties') return json(this.values);
    if (name in this.values) return json(this.values[name]);
    response.writeHead(404).end(JSON.stringify({ title: 'Nothing', status: 404 }));
  }

  #frame(ws: WebSocket, frame: Json): void {
    this.frames.push(frame);
    for (const heard of this.#heardFrames) heard();
    if (this.mode === 'ignore') return;
    const { thingID, operation, correlationID, names } = frame;
    const lastNotificationID = this.remembersFrom ?? frame.lastNotificationID;
    const common = {
      ...{ thingID, operation, correlationID, messageType: 'response' },
      ...(String(operation).startsWith('subscribe') && { lastNotificationID }),
    };
    const error = this.refusals.get(String(operation));
    const wanted = Array.isArray(names) ? names : Object.keys(this.values);
    const values = Object.fromEntries(wanted.map((name) => [name, this.values[name]]));
    const reads = String(operation).startsWith('read');
    ws.send(JSON.stringify(error ? { ...common, error } : { ...common, ...(reads && { values }) }));
  }
}
