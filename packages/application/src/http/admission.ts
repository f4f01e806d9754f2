import {
  type Access,
  type Audit,
  type Guard,
  noAudit,
  openAccess,
  openGuard,
  Problem,
  type Route,
  type RouteReply,
} from '@thingtalk/core';
import { isOnRecord } from './on-record.ts';
import type { HttpRequest } from './request.ts';
import { pathAsked, visitOf } from './visit.ts';

/** Methods that change nothing. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** On whose word an answer depends. */
const variesBy = 'authorization, cookie, origin';

/** The refusal of somebody whom nobody knows. */
export const unknownVisitor = 'who you are is not known here: show a token, or log in';

/**
 * Lets requests in, or refuses them: before their body is read, each row by whom it says that it admits. A row that says nothing
 * admits only who is known, so that no new one can forget to.
 */
export class Admission {
  /** Whether anybody may do everything, so that nobody is asked anything. */
  readonly isOpen: boolean;
  readonly #guard: Guard;
  readonly #audit: Audit;

  constructor(guard: Guard = openGuard, audit: Audit = noAudit) {
    this.#guard = guard;
    this.#audit = audit;
    this.isOpen = guard === openGuard;
  }

  /**
   * Lets a request in to its row; at once, without a promise, where the guard knows who asks.
   *
   * @throws {@link Problem} `unauthenticated`, `forbidden`, `too-many-requests`
   */
  admit(request: HttpRequest): void | Promise<void> {
    if (this.isOpen) {
      request.access = openAccess;
      return;
    }
    const isFree = request.row.route.admits === 'anybody';
    try {
      const access = this.#guard.admit(visitOf(request.exchange));
      if (!(access instanceof Promise)) return this.#enter(request, access);
      return access.then(
        (known) => this.#enter(request, known),
        (error) => this.#refuse(error, isFree),
      );
    } catch (error) {
      return this.#refuse(error, isFree);
    }
  }

  /** Writes down what was asked for and what came of it: whatever changes something, and each refusal. */
  record(request: HttpRequest, status: number): void {
    if (this.#audit === noAudit) return;
    const { access, exchange, row } = request;
    const isDenied = status === 401 || status === 403 || status === 429;
    if (!isDenied && safeMethods.has(exchange.method)) return;
    if (isOnRecord(row.route, status)) return;
    this.#audit.record({
      who: access.principal.id,
      from: request.address,
      what: row.route.op ?? row.route.operationId,
      on: pathAsked(request),
      outcome: isDenied ? 'denied' : 'allowed',
      why: `HTTP ${status}`,
    });
  }

  /** Sees to it that nobody else is shown an answer that was for one reader. */
  dress(route: Route, reply: RouteReply): RouteReply {
    if (this.isOpen || route.admits === 'anybody') return reply;
    const caching = reply.headers?.['cache-control'] ?? 'no-cache';
    const isKept = !caching.includes('no-store');
    return {
      ...reply,
      headers: {
        ...reply.headers,
        'cache-control': isKept ? `private, ${caching}` : caching,
        vary: variesBy,
        'cross-origin-resource-policy': 'same-origin',
      },
    };
  }

  #enter(request: HttpRequest, access: Access): void {
    const { route } = request.row;
    request.access = access;
    if (access.isUnlimited || route.admits === 'anybody') return;
    if (access.principal.kind === 'anonymous') {
      throw new Problem('unauthenticated', unknownVisitor);
    }
    if (route.admits === 'managers' && !access.manages) {
      throw new Problem(
        'forbidden',
        `${access.principal.name} may not manage this gateway, which '${route.operationId}' needs`,
      );
    }
  }

  /** Credentials that are none are no reason to keep somebody from what anybody may see: how would they log in again? */
  #refuse(error: unknown, isFree: boolean): void {
    if (isFree && error instanceof Problem && error.name === 'unauthenticated') return;
    throw error;
  }
}
