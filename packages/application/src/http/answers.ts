import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Access,
  asProblem,
  type Clock,
  type JsonValue,
  type Logger,
  Problem,
  type Route,
  type RouteReply,
} from '@thingtalk/core';
import { strangerAccess } from '../access/stranger-access.ts';
import type { Admission } from './admission.ts';
import type { Exchange, OpenStream } from './exchange.ts';
import { NodeExchange } from './node-exchange.ts';
import { problemReply } from './reply.ts';
import { HttpRequest } from './request.ts';
import { hasBody, readBody, typeOfBody } from './request-body.ts';
import type { FoundRow, Headers, RouterExits } from './router.ts';
import { baseOf, pathAsked } from './visit.ts';

/** What {@link Answers} work with. */
export interface AnswersParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly admission: Admission;
  /** Path of what says who gives out tokens for this server. Default: nothing does. */
  readonly resourceMetadata?: string | undefined;
  /** Told of each answer: the row, its status, and how long it took to be made, in milliseconds. */
  readonly onResponse?: ((route: Route, status: number, ms: number) => void) | undefined;
}

/** Has rows answer requests, and keeps in mind what is still open. */
export class Answers implements RouterExits {
  readonly #with: AnswersParts;
  readonly #hanging = new Set<HttpRequest>();
  readonly #streams = new Set<OpenStream>();
  #draining = false;

  constructor(parts: AnswersParts) {
    this.#with = parts;
  }

  /** Ends streams and requests that hang; from now on connections end with their answer. */
  drain(): void {
    this.#draining = true;
    const goodbye = new Problem('overloaded', 'the server is shutting down');
    for (const request of this.#hanging) request.abort(goodbye);
    for (const stream of this.#streams) stream.end();
  }

  enter(found: FoundRow, request: IncomingMessage, response: ServerResponse): void {
    this.take(found, new NodeExchange(request, response, this.#with.clock));
  }

  /** Lets a request in, before anything it sends is looked at; then reads its body, and has the row answer. */
  take(found: FoundRow, exchange: Exchange): void {
    const { admission, onResponse } = this.#with;
    const began = onResponse === undefined ? 0 : performance.now();
    const request = new HttpRequest(found, exchange, began);
    try {
      const entered = admission.admit(request);
      if (entered === undefined) this.#receive(request);
      else {
        entered.then(
          () => this.#receive(request),
          (error: unknown) => this.#turnAway(request, error),
        );
      }
    } catch (error) {
      this.#turnAway(request, error);
    }
  }

  /** Answers an error that came before any row was asked. */
  refuse(
    problem: unknown,
    request: IncomingMessage,
    response: ServerResponse,
    headers?: Headers,
  ): void {
    const exchange = new NodeExchange(request, response, this.#with.clock);
    const answer = this.#problem(problem, exchange);
    this.#send(exchange, { ...answer, headers: { ...answer.headers, ...headers } });
  }

  /** Answers somebody who asks what may be asked. */
  welcome(request: IncomingMessage, response: ServerResponse, headers: Headers): void {
    this.#send(new NodeExchange(request, response, this.#with.clock), { status: 204, headers });
  }

  #turnAway(request: HttpRequest, error: unknown): void {
    const answer = this.#problem(error, request.exchange);
    // Credentials that are none are written down by the guard, which knows more of them.
    if (request.access !== strangerAccess) this.#with.admission.record(request, answer.status);
    this.#send(request.exchange, answer);
  }

  #receive(request: HttpRequest): void {
    const { exchange, row } = request;
    try {
      const type = typeOfBody(exchange, row.takes);
      if (type === undefined) this.#ask(request, undefined);
      else {
        readBody(exchange, type, row.takes, {
          read: (body) => this.#ask(request, body),
          refuse: (problem) => this.#answer(request, this.#problem(problem, exchange)),
        });
      }
    } catch (problem) {
      this.#answer(request, this.#problem(problem, exchange));
    }
  }

  #ask(request: HttpRequest, body: JsonValue | undefined): void {
    request.body = body;
    try {
      const answer = request.row.handle(request);
      if (answer instanceof Promise) this.#await(request, answer);
      else this.#answer(request, answer);
    } catch (error) {
      this.#answer(request, this.#refusal(request, error));
    }
  }

  #await(request: HttpRequest, answer: Promise<RouteReply>): void {
    const isOver = request.row.route.hangs ? this.#hang(request) : undefined;
    answer.then(
      (reply) => {
        isOver?.();
        this.#answer(request, reply);
      },
      (error: unknown) => {
        isOver?.();
        this.#answer(request, this.#refusal(request, error));
      },
    );
  }

  /** A request that may wait for ever is given up on drain, and when its access is over. */
  #hang(request: HttpRequest): () => void {
    this.#hanging.add(request);
    const stop = request.access.onEnd((why) => request.abort(why));
    return () => {
      stop();
      this.#hanging.delete(request);
    };
  }

  #refusal(request: HttpRequest, error: unknown): RouteReply {
    const { explain } = request.row.route;
    const isExplained = error instanceof Problem && explain !== undefined;
    return this.#problem(isExplained ? explain(error, request) : error, request.exchange);
  }

  /** The reply that an error is; what is no problem is written to the log. */
  #problem(error: unknown, exchange: Exchange): RouteReply {
    const path = pathAsked(exchange);
    const problem = asProblem(error, (cause, incident) =>
      this.#with.logger.error({ err: cause, incident, url: path }, 'a request failed'),
    );
    const { resourceMetadata } = this.#with;
    const metadata = resourceMetadata && baseOf(exchange) + resourceMetadata;
    return problemReply(problem.at(path), metadata);
  }

  #answer(request: HttpRequest, reply: RouteReply): void {
    const { admission, onResponse } = this.#with;
    const { exchange, row } = request;
    admission.record(request, reply.status);
    // The client went away while the answer was made.
    if (exchange.isGone) return;
    const stream = this.#send(exchange, admission.dress(row.route, reply));
    if (stream !== undefined) this.#keepOpen(stream, request.access);
    onResponse?.(row.route, reply.status, performance.now() - request.began);
  }

  #send(exchange: Exchange, reply: RouteReply): OpenStream | undefined {
    // What is left of a body that was not read would be taken for the next request.
    const isUnread = !exchange.isRead && hasBody(exchange.headers);
    const close = this.#draining || isUnread;
    try {
      return exchange.send(reply, close);
    } catch (error) {
      // What a row answers cannot be said in HTTP.
      return exchange.send(this.#problem(error, exchange), close);
    }
  }

  #keepOpen(stream: OpenStream, access: Access): void {
    this.#streams.add(stream);
    // What a slow reader has not taken by then is not for it any more.
    const stop = access.onEnd(() => stream.end(true));
    void stream.over.finally(() => {
      stop();
      this.#streams.delete(stream);
    });
  }
}
