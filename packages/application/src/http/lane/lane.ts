import type { Socket } from 'node:net';
import type { Clock } from '@thingtalk/core';
import type { HttpTimeouts } from '../node-server.ts';
import { LaneConnection } from './lane-connection.ts';
import type { LaneExchange } from './lane-exchange.ts';
import type { PlainRequest } from './plain-request.ts';

/** Answers one request. */
export type Answering = (exchange: LaneExchange) => void;

/** What a {@link Lane} works with. */
export interface LaneParts {
  readonly clock: Clock;
  readonly timeouts: HttpTimeouts;
  /** Says how a plain request is answered; `undefined` when that is not for the lane. */
  readonly find: (request: PlainRequest, socket: Socket) => Answering | undefined;
  /** Takes a connection over for good; what came on it last is there to be read again. */
  readonly handOver: (socket: Socket) => void;
}

/**
 * The short way for the requests that come most: read by a grammar that knows only the plainest, answered in one piece. With the
 * first that is not plain, the connection is handed over to node:http and stays there.
 *
 * What came in one turn of the event loop is answered together at its end: code that runs for many requests at a stretch takes a
 * quarter less of the processor's time than when each is read, answered and written by itself.
 */
export class Lane {
  readonly #with: LaneParts;
  readonly #connections = new Set<LaneConnection>();
  readonly #kept: string;
  #turn: (() => void)[] = [];
  #second = 0;
  #dateLines = '';

  constructor(parts: LaneParts) {
    this.#with = parts;
    const seconds = Math.floor(parts.timeouts.keepAliveMs / 1_000);
    this.#kept = `connection: keep-alive\r\nkeep-alive: timeout=${seconds}\r\n`;
  }

  get timeouts(): HttpTimeouts {
    return this.#with.timeouts;
  }

  /** Takes a new connection. */
  take(socket: Socket): void {
    this.#connections.add(new LaneConnection(socket, this));
  }

  /** Closes what is idle; what is being answered is closed by its answer. */
  drain(): void {
    for (const connection of this.#connections) connection.closeIdle();
  }

  /** Closes everything. */
  closeAll(): void {
    for (const { socket } of this.#connections) socket.destroy();
  }

  // What its connections need.

  find(request: PlainRequest, socket: Socket): Answering | undefined {
    return this.#with.find(request, socket);
  }

  /** Does `work` with all else that came in this turn of the loop. */
  inTurn(work: () => void): void {
    if (this.#turn.push(work) === 1) setImmediate(this.#run);
  }

  handOver(connection: LaneConnection): void {
    this.#connections.delete(connection);
    this.#with.handOver(connection.socket);
  }

  gone(connection: LaneConnection): void {
    this.#connections.delete(connection);
  }

  /** The last lines of a header. */
  closing(close: boolean): string {
    const second = Math.floor(this.#with.clock.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#dateLines = `date: ${new Date(second * 1_000).toUTCString()}\r\n`;
    }
    return this.#dateLines + (close ? 'connection: close\r\n\r\n' : `${this.#kept}\r\n`);
  }

  readonly #run = (): void => {
    const turn = this.#turn;
    this.#turn = [];
    for (const work of turn) work();
  };
}
