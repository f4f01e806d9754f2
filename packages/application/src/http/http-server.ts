import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  asProblem,
  type Clock,
  type Logger,
  Problem,
  type Route,
  type RouteReply,
  silentLogger,
  systemClock,
} from '@thingtalk/core';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ClosingConnections } from './closing-connections.ts';
import { checkMediaType, fastifyProblem, maxParamLength } from './fastify-problems.ts';
import { bodyLimit, readJsonBodies, tdBodyLimit } from './json-body.ts';
import { noCompilers } from './no-compilers.ts';
import {
  answerClientError,
  createNodeServer,
  defaultTimeouts,
  type HttpTimeouts,
} from './node-server.ts';
import { isStream, problemReply, send, sendStream } from './reply.ts';
import { HttpRequest } from './request.ts';
import { type UpgradeRoute, UpgradeTable } from './upgrade.ts';

/** What a server is made of. */
export interface HttpServerOptions {
  readonly routes: readonly Route[];
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly upgrades?: readonly UpgradeRoute[];
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly timeouts?: Partial<HttpTimeouts>;
  /** Says why a Host is not answered to; `undefined` when it is. Default: all are. */
  readonly refuseHost?: (host: string) => Problem | undefined;
  /** Told of each answer: the row, its status, and how long it took to be made, in milliseconds. */
  readonly onResponse?: (route: Route, status: number, ms: number) => void;
}

/** A server that listens. */
export interface HttpServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:8080` */
  readonly base: string;
  /** Takes no new connections, ends streams and hanging requests, lets the others finish in the time a request may take, and closes. */
  drain(): Promise<void>;
}

const methods = ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/**
 * Serves `routes` over HTTP. Whatever goes wrong is answered as `application/problem+json`.
 *
 * @throws the system's error when the port is taken.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = new RunningServer(options);
  await server.listen();
  return server;
}

class RunningServer implements HttpServer {
  readonly host: string;
  readonly #options: HttpServerOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #app: FastifyInstance;
  readonly #upgrades: UpgradeTable;
  readonly #hanging = new Set<HttpRequest>();
  readonly #streams = new Set<ServerResponse>();
  readonly #upgraded = new Set<Duplex>();
  readonly #timeouts: HttpTimeouts;
  #node: Server | undefined;
  #connections: ClosingConnections | undefined;
  #draining = false;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.host = options.host ?? '127.0.0.1';
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#upgrades = new UpgradeTable(options.upgrades ?? []);
    this.#app = this.#createApp();
    this.#addRoutes(options.routes);
  }

  get port(): number {
    const address = this.#node?.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.port;
  }

  get base(): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host;
    return `http://${host}:${this.port}`;
  }

  async listen(): Promise<void> {
    await this.#app.listen({ host: this.host, port: this.#options.port });
  }

  async drain(): Promise<void> {
    this.#draining = true;
    const goodbye = new Problem('overloaded', 'the server is shutting down');
    for (const request of this.#hanging) request.abort(goodbye);
    for (const response of this.#streams) response.end(() => response.socket?.end());
    const closed = this.#app.close();
    // Whoever speaks another protocol by now was drained by its owner, or is cut here.
    for (const socket of this.#upgraded) socket.destroy();
    await (this.#connections?.close(closed, this.#timeouts.requestMs) ?? closed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  #createApp(): FastifyInstance {
    const app = Fastify({
      exposeHeadRoutes: false,
      bodyLimit,
      routerOptions: { maxParamLength },
      return503OnClosing: false,
      schemaController: noCompilers,
      forceCloseConnections: 'idle',
      frameworkErrors: (error, request, reply) => this.#fail(error, request, reply),
      clientErrorHandler: (error, socket) => answerClientError(error, socket as Socket),
      serverFactory: (handle) => this.#createServer(handle),
    });
    readJsonBodies(app);
    app.setErrorHandler((error: Error, request, reply) => this.#fail(error, request, reply));
    app.setNotFoundHandler((request, reply) => {
      const path = request.url.split('?', 1)[0];
      this.#fail(new Problem('not-found', `there is nothing at '${path}'`), request, reply);
    });
    return app;
  }

  #createServer(handle: (request: IncomingMessage, response: ServerResponse) => void): Server {
    const node = createNodeServer({
      timeouts: this.#timeouts,
      handle,
      upgrades: (request) => this.#upgrades.find(request) !== undefined,
      refuseHost: this.#options.refuseHost,
    });
    node.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgraded.add(socket);
      socket.once('close', () => this.#upgraded.delete(socket));
      this.#upgrades.find(request)?.(socket, head);
    });
    this.#node = node;
    this.#connections = new ClosingConnections(node, this.#clock);
    return node;
  }

  #addRoutes(routes: readonly Route[]): void {
    const byPath = Map.groupBy(routes, (route) => route.path);
    for (const [path, rows] of byPath) {
      const offered = new Set<string>(rows.map((row) => row.method));
      for (const row of rows) this.#addRoute(row);
      const get = rows.find((row) => row.method === 'GET');
      if (get !== undefined && !offered.has('HEAD')) {
        this.#addRoute({ ...get, method: 'HEAD', handle: get.head ?? get.handle });
        offered.add('HEAD');
      }
      this.#refuseOtherMethods(path, offered);
    }
  }

  #addRoute(route: Route): void {
    const consumes = route.consumes ?? ['application/json'];
    this.#app.route({
      method: route.method,
      url: route.path,
      bodyLimit: consumes.some((type) => type !== 'application/json') ? tdBodyLimit : bodyLimit,
      handler: (request, reply) => {
        reply.hijack();
        this.#serve(route, consumes, request, reply.raw);
      },
    });
  }

  #serve(
    route: Route,
    consumes: readonly string[],
    request: FastifyRequest,
    response: ServerResponse,
  ): void {
    const asked = new HttpRequest(request, response);
    const started = this.#options.onResponse === undefined ? 0 : performance.now();
    try {
      if (request.body !== undefined) checkMediaType(request, consumes);
      const answer = route.handle(asked);
      if (!(answer instanceof Promise)) {
        this.#answer(route, request, response, answer, started);
        return;
      }
      if (route.hangs) this.#hanging.add(asked);
      answer
        .then(
          (reply) => this.#answer(route, request, response, reply, started),
          (error) =>
            this.#answer(
              route,
              request,
              response,
              this.#refusal(route, asked, error, request),
              started,
            ),
        )
        .finally(() => this.#hanging.delete(asked));
    } catch (error) {
      this.#answer(route, request, response, this.#refusal(route, asked, error, request), started);
    }
  }

  #refusal(route: Route, asked: HttpRequest, error: unknown, request: FastifyRequest): RouteReply {
    const explained =
      error instanceof Problem && route.explain !== undefined ? route.explain(error, asked) : error;
    return this.#reply(explained, request);
  }

  #answer(
    route: Route,
    request: FastifyRequest,
    response: ServerResponse,
    reply: RouteReply,
    started: number,
  ): void {
    // The client went away while the answer was made.
    if (response.destroyed) return;
    const head = request.method === 'HEAD';
    if (isStream(reply.body) && !head) this.#stream(response, reply, reply.body);
    else send(response, reply, { head, close: this.#draining });
    this.#options.onResponse?.(route, reply.status, performance.now() - started);
  }

  #stream(response: ServerResponse, reply: RouteReply, body: AsyncIterable<string>): void {
    this.#streams.add(response);
    void sendStream(response, reply, body, this.#clock).finally(() =>
      this.#streams.delete(response),
    );
  }

  #refuseOtherMethods(path: string, offered: ReadonlySet<string>): void {
    const allow = [...offered, 'OPTIONS'].join(', ');
    const others = methods.filter((method) => !offered.has(method));
    this.#app.route({
      method: others,
      url: path,
      // Before the body is looked at: what it holds does not matter here.
      onRequest: (request, reply) => {
        const problem = new Problem(
          'method-not-allowed',
          `${request.method} is not offered at '${request.url}'; ${allow} are`,
        );
        const answer: RouteReply =
          request.method === 'OPTIONS' ? { status: 204 } : this.#reply(problem, request);
        this.#sendNow(request, reply, { ...answer, headers: { ...answer.headers, allow } });
      },
      handler: () => undefined,
    });
  }

  #fail(error: Error, request: FastifyRequest, reply: FastifyReply): void {
    this.#sendNow(request, reply, this.#reply(error, request));
  }

  #sendNow(request: FastifyRequest, reply: FastifyReply, answer: RouteReply): void {
    reply.hijack();
    // What is left of a body that was not read would be taken for the next request.
    const close = this.#draining || (hasBody(request) && !request.raw.complete);
    send(reply.raw, answer, { head: request.method === 'HEAD', close });
  }

  #reply(error: unknown, request: FastifyRequest): RouteReply {
    const problem = asProblem(fastifyProblem(error, request) ?? error, (cause, incident) =>
      this.#logger.error({ err: cause, incident, url: request.url }, 'a request failed'),
    );
    return problemReply(problem.at(request.url));
  }
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
