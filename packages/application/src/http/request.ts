import type { ServerResponse } from 'node:http';
import type { Access, JsonValue, RouteRequest } from '@thingtalk/core';
import type { FastifyRequest } from 'fastify';

/**
 * A request as handlers see it. What costs something is made when it is first asked for: most handlers look at
 * neither `signal` nor `base`.
 */
export class HttpRequest implements RouteRequest {
  readonly #request: FastifyRequest;
  readonly #response: ServerResponse;
  readonly access: Access;
  #abort: AbortController | undefined;

  constructor(request: FastifyRequest, response: ServerResponse, access: Access) {
    this.access = access;
    this.#request = request;
    this.#response = response;
  }

  get params(): Readonly<Record<string, string>> {
    return this.#request.params as Record<string, string>;
  }

  get query(): RouteRequest['query'] {
    return this.#request.query as RouteRequest['query'];
  }

  get headers(): RouteRequest['headers'] {
    return this.#request.raw.headers;
  }

  get body(): JsonValue | undefined {
    return this.#request.body as JsonValue | undefined;
  }

  get url(): string {
    return this.#request.raw.url ?? '';
  }

  get base(): string {
    return `${this.isSecure ? 'https' : 'http'}://${this.#request.raw.headers.host}`;
  }

  get address(): string {
    return this.#request.raw.socket.remoteAddress ?? '';
  }

  get isSecure(): boolean {
    return 'encrypted' in this.#request.raw.socket;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      const response = this.#response;
      if (response.destroyed) abort.abort();
      // An answer that was sent closes too: nobody waits any more then, and making the reason costs 3 % of a write.
      else response.once('close', () => response.writableFinished || abort.abort());
    }
    return this.#abort.signal;
  }

  /** Gives up what waits on {@link signal}. */
  abort(reason: Error): void {
    this.#abort?.abort(reason);
  }
}
