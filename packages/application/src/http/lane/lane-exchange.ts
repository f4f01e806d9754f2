import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { RouteReply } from '@thingtalk/core';
import type { BodySink, Exchange } from '../exchange.ts';
import { isStream } from '../reply.ts';
import type { PlainRequest } from './plain-request.ts';

/** What ends a line has no place in a header. */
const unfit = /[^\t -~\u0080-\u00ff]/;

/** The connection that a {@link LaneExchange} came on. */
export interface LaneSide {
  readonly socket: Socket;
  /** Writes an answer. */
  answer(head: string, body: string | Uint8Array, close: boolean): void;
}

/** A plain request, and its answer in one piece. */
export class LaneExchange implements Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: PlainRequest['headers'];
  readonly isRead = true;
  readonly #body: Buffer;
  readonly #side: LaneSide;
  #gone: (() => void)[] | undefined;

  constructor({ method, url, headers, body }: PlainRequest, side: LaneSide) {
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.#body = body;
    this.#side = side;
  }

  get socket(): Socket {
    return this.#side.socket;
  }

  get isGone(): boolean {
    return !this.socket.writable;
  }

  receive(sink: BodySink): void {
    if (this.#body.length > 0) sink(this.#body);
    sink(null);
  }

  onGone(listener: () => void): void {
    if (this.isGone) listener();
    else if (this.#gone === undefined) this.#gone = [listener];
    else this.#gone.push(listener);
  }

  /** The client went before it was answered. */
  left(): void {
    for (const listener of this.#gone ?? []) listener();
  }

  /** @throws TypeError for a stream, and for a header that holds the end of a line. */
  send({ status, headers, body = '' }: RouteReply, close: boolean): undefined {
    if (isStream(body)) throw new TypeError('a stream is no answer in one piece');
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nx-content-type-options: nosniff\r\n`;
    for (const name in headers) head += headerLine(name, headers[name] ?? '');
    if (status !== 204 && status !== 304) head += `content-length: ${Buffer.byteLength(body)}\r\n`;
    this.#side.answer(head, body, close);
  }
}

function headerLine(name: string, value: string): string {
  if (!unfit.test(value)) return `${name}: ${value}\r\n`;
  throw new TypeError(`the header ${name} cannot say ${JSON.stringify(value)}`);
}
