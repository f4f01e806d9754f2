import type { DataSchema } from '../data/data-schema.ts';
import type { JsonValue } from '../data/json.ts';
import type { Problem } from '../problem/problem.ts';
import type { Operation } from '../td/thing-description.ts';
import type { Access } from './guard.ts';

/** The methods a {@link Route} may have. */
export type HttpMethod = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

/** A JSON Schema for the OpenAPI page; it documents, and `body` and `query` are also enforced where marked. */
export type RouteSchema = DataSchema | { readonly [keyword: string]: unknown };

/** A request as a handler sees it, whatever the server underneath. */
export interface RouteRequest {
  /** Parameters of the path, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Header values by lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The JSON body; `undefined` when there was none. */
  readonly body: JsonValue | undefined;
  /** Path and query as they came, percent-encoded or not. */
  readonly url: string;
  /** Scheme and authority the client used, as `http://127.0.0.1:8080`, without a trailing slash. */
  readonly base: string;
  /** The address of the other end of the socket. */
  readonly address: string;
  /** Whether it came over TLS. */
  readonly isSecure: boolean;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** Who asks, and what they may do. */
  readonly access: Access;
}

/** What a handler answers. */
export interface RouteReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Encoded already; nothing, for 204. A stream is sent piece by piece until it ends or the client goes away. */
  readonly body?: string | Uint8Array | AsyncIterable<string>;
}

/** What a handler answers in one piece. */
export interface WholeReply extends RouteReply {
  readonly body?: string | Uint8Array;
}

/** What a route answers with one status, for the documents. */
export interface RouteResponse {
  readonly description: string;
  readonly contentType?: string;
  readonly schema?: RouteSchema;
}

/**
 * One row of the HTTP interface: router, OpenAPI and docs are rendered from it.
 *
 * Errors are thrown as `Problem`; the server renders them.
 */
export interface Route {
  readonly method: HttpMethod;
  /** `/things/:id/properties/:name` */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<
    Record<string, { readonly description: string; readonly schema: RouteSchema }>
  >;
  /** Content types a body may have; default `application/json`. */
  readonly consumes?: readonly string[];
  readonly body?: {
    readonly description: string;
    readonly required: boolean;
    readonly schema: RouteSchema;
  };
  readonly responses: Readonly<Record<number, RouteResponse>>;
  /** What of the W3C's operations this carries out, which is what rights are asked for. */
  readonly op?: Operation;
  /**
   * Who may ask at all: anybody, even without credentials; whoever is known; or who manages the gateway. Default: whoever is known.
   * What may be done to a Thing is asked for by itself.
   */
  readonly admits?: 'anybody' | 'known' | 'managers';
  /**
   * What `handle` writes down itself, because it knows more of it than the server: the changes it has made; or visits, whoever came
   * in by it and whoever was not known. The server then writes down the rest. Default: nothing.
   */
  readonly records?: 'changes' | 'visits';
  /**
   * Answers in one piece whoever asks for no stream; what is read and written most has it, and goes a shorter way through the
   * server. Default: there is `handle` alone.
   */
  readonly whole?: (request: RouteRequest) => WholeReply | Promise<WholeReply>;
  /** True when the answer may wait without bound for something to happen; such a request is given up on drain. */
  readonly hangs?: boolean;
  /** Answers HEAD on a GET row. Default: `whole`, or else `handle`, is run and its body left out, which never fits a row that streams or hangs. */
  readonly head?: (request: RouteRequest) => RouteReply | Promise<RouteReply>;
  /** Says more about why `handle` refused, where there is more to say. */
  readonly explain?: (problem: Problem, request: RouteRequest) => Problem;
  handle(request: RouteRequest): RouteReply | Promise<RouteReply>;
}
