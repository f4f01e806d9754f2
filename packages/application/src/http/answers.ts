import type { ServerResponse } from 'node:http';
import type { Route, RouteReply } from '@thingtalk/core';
import { type Access, asProblem, type Clock, type Logger, Problem } from '@thingtalk/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Admission } from './admission.ts';
import { checkMediaType, fastifyProblem } from './fastify-problems.ts';
import { isStream, problemReply, send, sendStream } from './reply.ts';
import { HttpRequest } from './request.ts';
import { pathAsked } from './visit.ts';

/** What {@link Answers} work with. */
export interface AnswersParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly admission: Admission;
  /** Told of each answer: the row, its status, and how long it took to be made, in milliseconds. */
  readonly onResponse?: ((route: Route, status: number, ms: number) => void) | undefined;
}

/** A request on its way through a row. */
interface Asked {
  readonly route: Route;
  readonly request: FastifyRequest;
  readonly response: ServerResponse;
  readonly handed: HttpRequest;
  /** When it began, where somebody wants to know how long it took. */
  readonly started: number;
}

/** Has rows answer requests, and keeps in mind what is still open. */
export class Answers {
  readonly #with: AnswersParts;
  readonly #hanging = new Set<HttpRequest>();
  readonly #streams = new Set<ServerResponse>();
  #draining = false;

  constructor(parts: AnswersParts) {
    this.#with = parts;
  }

  /** Ends streams and requests that hang; from now on connections end with their answer. */
  drain(): void {
    this.#draining = true;
    const goodbye = new Problem('overloaded', 'the server is shutting down');
    for (const request of this.#hanging) request.abort(goodbye);
    for (const response of this.#streams) response.end(() => response.socket?.end());
  }

  /** Answers a request by the row it is for. */
  serve(
    route: Route,
    consumes: readonly string[],
    request: FastifyRequest,
    response: ServerResponse,
  ): void {
    const { admission, onResponse } = this.#with;
    const handed = new HttpRequest(request, response, admission.accessOf(request));
    const started = onResponse === undefined ? 0 : performance.now();
    const asked = { route, request, response, handed, started };
    try {
      if (request.body !== undefined) checkMediaType(request, consumes);
      const answer = route.handle(handed);
      if (answer instanceof Promise) this.#await(asked, answer);
      else this.#answer(asked, answer);
    } catch (error) {
      this.#answer(asked, this.#refusal(asked, error));
    }
  }

  /** Answers an error that came before any row was asked. */
  fail(error: Error, request: FastifyRequest, reply: FastifyReply): void {
    this.sendNow(request, reply, this.problem(error, request));
  }

  /** Sends an answer that no row made. */
  sendNow(request: FastifyRequest, reply: FastifyReply, answer: RouteReply): void {
    reply.hijack();
    // What is left of a body that was not read would be taken for the next request.
    const close = this.#draining || (hasBody(request) && !request.raw.complete);
    send(reply.raw, answer, { head: request.method === 'HEAD', close });
  }

  /** The reply that an error is; what is no problem is written to the log. */
  problem(error: unknown, request: FastifyRequest): RouteReply {
    const path = pathAsked(request);
    const problem = asProblem(fastifyProblem(error, request) ?? error, (cause, incident) =>
      this.#with.logger.error({ err: cause, incident, url: path }, 'a request failed'),
    );
    return problemReply(problem.at(path));
  }

  #await(asked: Asked, answer: Promise<RouteReply>): void {
    const { handed, route } = asked;
    const unheard = route.hangs ? this.#hang(handed) : undefined;
    answer
      .then(
        (reply) => this.#answer(asked, reply),
        (error) => this.#answer(asked, this.#refusal(asked, error)),
      )
      .finally(unheard);
  }

  /** A request that may wait for ever is given up on drain, and when its access is over. */
  #hang(handed: HttpRequest): () => void {
    this.#hanging.add(handed);
    const stop = handed.access.onEnd((why) => handed.abort(why));
    return () => {
      stop();
      this.#hanging.delete(handed);
    };
  }

  #refusal({ route, request, handed }: Asked, error: unknown): RouteReply {
    const explained =
      error instanceof Problem && route.explain !== undefined
        ? route.explain(error, handed)
        : error;
    return this.problem(explained, request);
  }

  #answer({ route, request, response, handed, started }: Asked, reply: RouteReply): void {
    const { admission, onResponse } = this.#with;
    admission.record(route, request, reply.status);
    // The client went away while the answer was made.
    if (response.destroyed) return;
    const head = request.method === 'HEAD';
    const sent = admission.dress(route, reply);
    if (isStream(sent.body) && !head) this.#stream(response, sent, sent.body, handed.access);
    else send(response, sent, { head, close: this.#draining });
    onResponse?.(route, reply.status, performance.now() - started);
  }

  #stream(
    response: ServerResponse,
    reply: RouteReply,
    body: AsyncIterable<string>,
    access: Access,
  ): void {
    this.#streams.add(response);
    const sent = sendStream(response, reply, body, this.#with.clock);
    // What a slow reader has not taken by then is not for it any more.
    const stop = access.onEnd(() =>
      response.writableNeedDrain ? response.destroy() : response.end(),
    );
    void sent.finally(() => {
      stop();
      this.#streams.delete(response);
    });
  }
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
