import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock, RouteReply } from '@thingtalk/core';
import type { BodySink, Exchange, OpenStream } from './exchange.ts';
import { isStream, send, sendStream } from './reply.ts';

/** A request that node:http has read, and whose answer it writes. */
export class NodeExchange implements Exchange {
  readonly method: string;
  readonly url: string;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #clock: Clock;

  constructor(request: IncomingMessage, response: ServerResponse, clock: Clock) {
    this.method = request.method ?? '';
    this.url = request.url ?? '';
    this.#request = request;
    this.#response = response;
    this.#clock = clock;
  }

  get headers(): IncomingHttpHeaders {
    return this.#request.headers;
  }

  get socket(): Socket {
    return this.#request.socket;
  }

  get isRead(): boolean {
    return this.#request.complete;
  }

  get isGone(): boolean {
    return this.#response.destroyed;
  }

  receive(sink: BodySink): void {
    this.#request.on('data', sink);
    this.#request.once('end', () => sink(null));
  }

  onGone(listener: () => void): void {
    const response = this.#response;
    if (response.destroyed) listener();
    // An answer that was sent closes too.
    else response.once('close', () => response.writableFinished || listener());
  }

  send(reply: RouteReply, close: boolean): OpenStream | undefined {
    const response = this.#response;
    const head = this.method === 'HEAD';
    if (head || !isStream(reply.body)) {
      send(response, reply, { head, close });
      return undefined;
    }
    return {
      over: sendStream(response, reply, reply.body, this.#clock),
      end: (isCut = false) => {
        if (isCut && response.writableNeedDrain) response.destroy();
        // The connection has nothing more to carry for this client.
        else response.end(() => response.socket?.end());
      },
    };
  }
}
