import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem, type Route, type RouteReply, type RouteRequest } from '@thingtalk/core';
import FindMyWay from 'find-my-way';
import type { PlainMethod } from './lane/plain-request.ts';
import type { Row } from './request.ts';
import { bodyRule } from './request-body.ts';
import { pathAsked } from './visit.ts';

/** Longest path parameter, percent-encoded: an id of 200 characters may take 9 for each. */
const maxParamLength = 2_048;

/** Methods that are refused by name where no row has them; any other is not found. */
const methods = ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** Where a {@link Router} sends requests. */
export interface RouterExits {
  /** One that a row answers. */
  enter(found: FoundRow, request: IncomingMessage, response: ServerResponse): void;
  /** One that no row answers. */
  refuse(
    problem: Problem,
    request: IncomingMessage,
    response: ServerResponse,
    headers?: Headers,
  ): void;
  /** Somebody asks what may be asked. */
  welcome(request: IncomingMessage, response: ServerResponse, headers: Headers): void;
}

/** Headers of an answer, by name. */
export type Headers = NonNullable<RouteReply['headers']>;

/** A row, and what the address says to it. */
export interface FoundRow extends Pick<RouteRequest, 'params' | 'query'> {
  readonly row: Row;
}

/** Finds the row that answers a request. */
export class Router {
  readonly #ways: FindMyWay.Instance<FindMyWay.HTTPVersion.V1>;
  readonly #exits: RouterExits;

  constructor(routes: readonly Route[], exits: RouterExits) {
    this.#exits = exits;
    const refuseBy =
      (problemOf: (path: string) => Problem) =>
      (request: IncomingMessage, response: ServerResponse) =>
        exits.refuse(problemOf(pathAsked(request)), request, response);
    const badUrl = refuseBy(
      (path) => new Problem('bad-request', `the address '${path}' is badly encoded`),
    );
    const longPart = refuseBy(
      () =>
        new Problem(
          'uri-too-long',
          `a part of the address is longer than ${maxParamLength} characters`,
        ),
    );
    this.#ways = FindMyWay({
      maxParamLength,
      defaultRoute: refuseBy((path) => new Problem('not-found', `there is nothing at '${path}'`)),
      onBadUrl: (_path, request, response) => badUrl(request, response),
      onMaxParamLength: (_path, request, response) => longPart(request, response),
    });
    for (const [path, rows] of Map.groupBy(routes, (route) => route.path)) this.#add(path, rows);
  }

  /** Sends a request where it belongs. */
  lookUp(request: IncomingMessage, response: ServerResponse): void {
    this.#ways.lookup(request, response);
  }

  /** The row that answers a plain request in one piece; `undefined` when none does, and for whatever is out of the ordinary. */
  findShort(method: PlainMethod, url: string): FoundRow | undefined {
    const way = this.#ways.find(method, url);
    const row = way?.store as Row | null | undefined;
    if (way === null || row === undefined || row === null) return undefined;
    return { row, params: way.params as RouteRequest['params'], query: way.searchParams };
  }

  #add(path: string, routes: readonly Route[]): void {
    const offered = new Set<string>();
    for (const route of routes) this.#addRow(route, offered);
    const get = routes.find((route) => route.method === 'GET');
    if (get !== undefined && !offered.has('HEAD')) {
      this.#addRow(
        { ...get, method: 'HEAD', handle: get.head ?? get.whole ?? get.handle },
        offered,
      );
    }
    this.#refuseOthers(path, offered);
  }

  #addRow(route: Route, offered: Set<string>): void {
    const row: Row = { route, takes: bodyRule(route.consumes), handle: route.handle };
    const short: Row | undefined = route.whole && { ...row, handle: route.whole };
    this.#ways.on(
      route.method,
      route.path,
      (request, response, params, _store, query) =>
        this.#exits.enter(
          { row, params: params as RouteRequest['params'], query },
          request,
          response,
        ),
      short,
    );
    offered.add(route.method);
  }

  #refuseOthers(path: string, offered: ReadonlySet<string>): void {
    const allow = [...offered, 'OPTIONS'].join(', ');
    const others = methods.filter((method) => !offered.has(method));
    this.#ways.on(others, path, (request, response) => {
      if (request.method === 'OPTIONS') return this.#exits.welcome(request, response, { allow });
      const problem = new Problem(
        'method-not-allowed',
        `${request.method} is not offered at '${request.url}'; ${allow} are`,
      );
      this.#exits.refuse(problem, request, response, { allow });
    });
  }
}
