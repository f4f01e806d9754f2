import type { Access, JsonValue, Route, RouteRequest } from '@thingtalk/core';
import { strangerAccess } from '../access/stranger-access.ts';
import type { Exchange } from './exchange.ts';
import type { BodyRule } from './request-body.ts';
import type { FoundRow } from './router.ts';
import { addressOf, baseOf, isSecure } from './visit.ts';

/** A row as the server keeps it. */
export interface Row {
  readonly route: Route;
  readonly takes: BodyRule;
  /** Answers it, in the way in which it came. */
  readonly handle: Route['handle'];
}

/**
 * A request on its way through a row, and as its handler sees it. What costs something is made when it is first asked for:
 * most handlers look at neither `signal` nor `base`.
 */
export class HttpRequest implements RouteRequest {
  readonly row: Row;
  readonly exchange: Exchange;
  readonly params: RouteRequest['params'];
  readonly query: RouteRequest['query'];
  /** When it came, where somebody wants to know how long it took; of the monotonic clock, in milliseconds. */
  readonly began: number;
  /** Nobody is known until they were let in. */
  access: Access = strangerAccess;
  body: JsonValue | undefined = undefined;
  #abort: AbortController | undefined;

  constructor({ row, params, query }: FoundRow, exchange: Exchange, began: number) {
    this.row = row;
    this.exchange = exchange;
    this.params = params;
    this.query = query;
    this.began = began;
  }

  get headers(): RouteRequest['headers'] {
    return this.exchange.headers;
  }

  get url(): string {
    return this.exchange.url;
  }

  get base(): string {
    return baseOf(this.exchange);
  }

  get address(): string {
    return addressOf(this.exchange);
  }

  get isSecure(): boolean {
    return isSecure(this.exchange);
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      this.exchange.onGone(() => abort.abort());
    }
    return this.#abort.signal;
  }

  /** Gives up what waits on {@link signal}. */
  abort(reason: Error): void {
    this.#abort?.abort(reason);
  }
}
