import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  type Audit,
  type Clock,
  type Guard,
  type Logger,
  Problem,
  type Route,
  type RouteReply,
  silentLogger,
  systemClock,
} from '@thingtalk/core';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { refuseUpgrade } from '../websocket/refuse-upgrade.ts';
import { Admission } from './admission.ts';
import { Answers } from './answers.ts';
import { ClosingConnections } from './closing-connections.ts';
import type { DoorTls } from './door-tls.ts';
import { maxParamLength } from './fastify-problems.ts';
import { FrontDoor, type FrontDoorOptions } from './front-door.ts';
import { bodyLimit, readJsonBodies, tdBodyLimit } from './json-body.ts';
import { noCompilers } from './no-compilers.ts';
import {
  answerClientError,
  createNodeServer,
  defaultTimeouts,
  type HttpTimeouts,
} from './node-server.ts';
import { type UpgradeRoute, UpgradeTable } from './upgrade.ts';
import { pathAsked } from './visit.ts';

/** What a server is made of. */
export interface HttpServerOptions extends FrontDoorOptions {
  readonly routes: readonly Route[];
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly upgrades?: readonly UpgradeRoute[];
  /** TLS, for HTTPS and secure WebSockets. Default: none of it. */
  readonly tls?: DoorTls;
  /** Tells browsers to use TLS alone for its name from now on. Default false: it locks out who does not trust the certificate. */
  readonly strictTransport?: boolean;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly timeouts?: Partial<HttpTimeouts>;
  /** Told of each answer: the row, its status, and how long it took to be made, in milliseconds. */
  readonly onResponse?: (route: Route, status: number, ms: number) => void;
  /** Says who asks, before the body is read. Default: everybody may do everything. */
  readonly guard?: Guard;
  /** Where it is written down who changed something, or was refused. Default: nowhere. */
  readonly audit?: Audit;
}

/** A server that listens. */
export interface HttpServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:8080`, or `https:` with TLS; `localhost` where it listens everywhere. */
  readonly base: string;
  /**
   * Listens at another address from now on, on the same port. What is connected stays connected.
   *
   * @throws the system's error when it cannot; it listens where it did then.
   */
  moveTo(host: string): Promise<void>;
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
  readonly #options: HttpServerOptions;
  readonly #clock: Clock;
  readonly #admission: Admission;
  readonly #answers: Answers;
  readonly #app: FastifyInstance;
  readonly #front: FrontDoor;
  readonly #upgrades: UpgradeTable;
  readonly #upgraded = new Set<Duplex>();
  readonly #timeouts: HttpTimeouts;
  #host: string;
  #node: Server | undefined;
  #connections: ClosingConnections | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#host = options.host ?? '127.0.0.1';
    this.#clock = options.clock ?? systemClock;
    this.#admission = new Admission(options.guard, options.audit);
    this.#answers = new Answers({
      clock: this.#clock,
      logger: options.logger ?? silentLogger,
      admission: this.#admission,
      onResponse: options.onResponse,
    });
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#front = new FrontDoor(options);
    this.#upgrades = new UpgradeTable(options.upgrades ?? []);
    this.#app = this.#createApp();
    this.#addRoutes(options.routes);
  }

  get host(): string {
    return this.#host;
  }

  get port(): number {
    const address = this.#node?.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.port;
  }

  get base(): string {
    const scheme = this.#options.tls === undefined ? 'http' : 'https';
    return `${scheme}://${urlHost(this.host)}:${this.port}`;
  }

  async listen(): Promise<void> {
    await this.#app.listen({ host: this.host, port: this.#options.port });
  }

  async moveTo(host: string): Promise<void> {
    const [node, before] = [this.#node, this.#host];
    if (node === undefined || host === before) return;
    const { port } = this;
    const listen = async (address: string) => {
      node.listen(port, address);
      await once(node, 'listening');
    };
    node.close();
    try {
      await listen(host);
      this.#host = host;
    } catch (error) {
      await listen(before);
      throw error;
    }
  }

  async drain(): Promise<void> {
    this.#answers.drain();
    const closed = this.#app.close();
    this.#options.tls?.endHandshakes();
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
      frameworkErrors: (error, request, reply) => this.#answers.fail(error, request, reply),
      clientErrorHandler: (error, socket) => answerClientError(error, socket as Socket),
      serverFactory: (handle) => this.#createServer(handle),
    });
    readJsonBodies(app);
    app.setErrorHandler((error: Error, request, reply) =>
      this.#answers.fail(error, request, reply),
    );
    app.setNotFoundHandler((request, reply) => {
      const path = pathAsked(request);
      this.#answers.fail(new Problem('not-found', `there is nothing at '${path}'`), request, reply);
    });
    return app;
  }

  #createServer(handle: (request: IncomingMessage, response: ServerResponse) => void): Server {
    const node = createNodeServer({
      timeouts: this.#timeouts,
      handle,
      upgrades: (request) => this.#upgrades.find(request) !== undefined,
      front: this.#front,
      tls: this.#options.tls,
      isStrict: this.#options.strictTransport,
    });
    node.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgraded.add(socket);
      socket.once('close', () => this.#upgraded.delete(socket));
      const problem = this.#front.refuse(request, true);
      if (problem !== undefined) refuseUpgrade(socket, problem);
      else this.#upgrades.find(request)?.(socket, head);
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
      ...(!this.#admission.isOpen && { onRequest: this.#admit(route) }),
      handler: (request, reply) => {
        reply.hijack();
        this.#answers.serve(route, consumes, request, reply.raw);
      },
    });
  }

  /** Lets nobody in to a row who may not come, before anything they send is looked at. */
  #admit(route: Route) {
    return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
      const refuse = (error: Error) => {
        const answer = this.#answers.problem(error, request);
        this.#admission.record(route, request, answer.status);
        this.#answers.sendNow(request, reply, answer);
      };
      try {
        const entered = this.#admission.admit(route, request);
        if (entered === undefined) done();
        else entered.then(done, refuse);
      } catch (error) {
        refuse(error as Error);
      }
    };
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
          request.method === 'OPTIONS' ? { status: 204 } : this.#answers.problem(problem, request);
        this.#answers.sendNow(request, reply, { ...answer, headers: { ...answer.headers, allow } });
      },
      handler: () => undefined,
    });
  }
}

/** The address of a server as it stands in a URL that works on this machine. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
