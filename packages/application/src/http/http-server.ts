import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  type Audit,
  type Clock,
  type Guard,
  type Logger,
  type Route,
  silentLogger,
  systemClock,
} from '@thingtalk/core';
import { refuseUpgrade } from '../websocket/refuse-upgrade.ts';
import { Admission } from './admission.ts';
import { Answers } from './answers.ts';
import { ClosingConnections } from './closing-connections.ts';
import type { DoorTls } from './door-tls.ts';
import { FrontDoor, type FrontDoorOptions } from './front-door.ts';
import { type Answering, Lane } from './lane/lane.ts';
import type { PlainRequest } from './lane/plain-request.ts';
import { createNodeServer, defaultTimeouts, type HttpTimeouts } from './node-server.ts';
import { Router } from './router.ts';
import { type UpgradeRoute, UpgradeTable } from './upgrade.ts';

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
  /** Path of the row that says who gives out tokens for this server (RFC 9728): whoever is refused is led there. Default: none does. */
  readonly resourceMetadata?: string;
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
  readonly #answers: Answers;
  readonly #front: FrontDoor;
  readonly #upgrades: UpgradeTable;
  readonly #upgraded = new Set<Duplex>();
  readonly #timeouts: HttpTimeouts;
  readonly #router: Router;
  readonly #node: Server;
  readonly #lane: Lane;
  readonly #connections: ClosingConnections;
  #host: string;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#host = options.host ?? '127.0.0.1';
    this.#clock = options.clock ?? systemClock;
    this.#answers = new Answers({
      clock: this.#clock,
      logger: options.logger ?? silentLogger,
      admission: new Admission(options.guard, options.audit),
      resourceMetadata: options.resourceMetadata,
      onResponse: options.onResponse,
    });
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#front = new FrontDoor(options);
    this.#upgrades = new UpgradeTable(options.upgrades ?? []);
    this.#router = new Router(options.routes, this.#answers);
    this.#node = this.#createServer();
    this.#lane = this.#openLane();
    this.#connections = new ClosingConnections(this.#node, this.#clock);
  }

  get host(): string {
    return this.#host;
  }

  get port(): number {
    const address = this.#node.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.port;
  }

  get base(): string {
    const scheme = this.#options.tls === undefined ? 'http' : 'https';
    return `${scheme}://${urlHost(this.host)}:${this.port}`;
  }

  async listen(host = this.#host, port = this.#options.port): Promise<void> {
    this.#node.listen(port, host);
    await once(this.#node, 'listening');
    this.#host = host;
  }

  async moveTo(host: string): Promise<void> {
    const { host: before, port } = this;
    if (host === before) return;
    this.#node.close();
    try {
      await this.listen(host, port);
    } catch (error) {
      await this.listen(before, port);
      throw error;
    }
  }

  async drain(): Promise<void> {
    this.#answers.drain();
    const closed = new Promise<void>((resolve) => this.#node.close(() => resolve()));
    this.#lane.drain();
    this.#options.tls?.endHandshakes();
    // Whoever speaks another protocol by now was drained by its owner, or is cut here.
    for (const socket of this.#upgraded) socket.destroy();
    using _end = this.#clock.after(this.#timeouts.requestMs, () => this.#lane.closeAll());
    await this.#connections.close(closed, this.#timeouts.requestMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  #createServer(): Server {
    const node = createNodeServer({
      timeouts: this.#timeouts,
      handle: (request, response) => this.#router.lookUp(request, response),
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
    return node;
  }

  /** Has connections begin in the lane, before node:http has them. */
  #openLane(): Lane {
    const { tls, strictTransport, trusts } = this.#options;
    const [node, opening] = [this.#node, tls === undefined ? 'connection' : 'secureConnection'];
    const nodes = node.listeners(opening);
    const lane = new Lane({
      clock: this.#clock,
      timeouts: this.#timeouts,
      find: (request, socket) => this.#findShort(request, socket),
      handOver: (socket) => {
        for (const listener of nodes) listener.call(node, socket);
      },
    });
    // Answers that say more of the connection are node:http's.
    if (strictTransport === true || trusts !== undefined) return lane;
    node.removeAllListeners(opening);
    node.on(opening, (socket: Socket) => lane.take(socket));
    return lane;
  }

  #findShort(request: PlainRequest, socket: Socket): Answering | undefined {
    if (this.#front.refuse({ ...request, socket }) !== undefined) return undefined;
    const found = this.#router.findShort(request.method, request.url);
    return found && ((exchange) => this.#answers.take(found, exchange));
  }
}

/** The address of a server as it stands in a URL that works on this machine. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
