import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '@thingtalk/core';
import { type Arrival, isSecure } from './visit.ts';

/** What changes nothing may come from any page: a browser does not show the answer to a page of another origin. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

const allowedMethods = 'GET, HEAD, PUT, POST, PATCH, DELETE';
const allowedHeaders = [
  'accept',
  'authorization',
  'cache-control',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'last-event-id',
  'prefer',
].join(', ');
const exposedHeaders = [
  'etag',
  'last-event-id',
  'link',
  'location',
  'preference-applied',
  'retry-after',
  'www-authenticate',
].join(', ');

/** How long a browser remembers what it was told, in seconds. */
const maxAge = '600';

/**
 * Which pages may speak to this server: its own, and those of origins that are allowed by name. Pages of allowed origins must show
 * tokens; cookies are for the server's own.
 *
 * @see {@link https://fetch.spec.whatwg.org/#http-cors-protocol | Fetch, CORS protocol}
 */
export class Origins {
  readonly #allowed: ReadonlySet<string>;

  /** @param allowed exact origins, as `https://panel.example` */
  constructor(allowed: readonly string[] = []) {
    this.#allowed = new Set(allowed);
  }

  /**
   * Says why a page of another origin may not change anything here, or open a socket; `undefined` when it may.
   *
   * @param isUpgrade a WebSocket, which any page may open and read unless it is refused here.
   */
  refuse(request: Arrival, isUpgrade = false): Problem | undefined {
    const { origin } = request.headers;
    if (origin === undefined) return undefined;
    if (!isUpgrade && safeMethods.has(request.method ?? '')) return undefined;
    if (this.#allowed.has(origin) || isOwn(origin, request)) return undefined;
    return new Problem('forbidden', `pages of the origin '${origin}' may not do this here`);
  }

  /** Tells a browser what pages of an allowed origin may do. Answers its question beforehand itself, and then returns true. */
  welcome(request: IncomingMessage, response: ServerResponse): boolean {
    const { origin } = request.headers;
    if (origin === undefined || !this.#allowed.has(origin)) return false;
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', exposedHeaders);
    response.appendHeader('vary', 'origin');
    const asks = request.headers['access-control-request-method'] !== undefined;
    if (request.method !== 'OPTIONS' || !asks) return false;
    response.setHeader('access-control-allow-methods', allowedMethods);
    response.setHeader('access-control-allow-headers', allowedHeaders);
    response.setHeader('access-control-max-age', maxAge);
    response.writeHead(204).end();
    return true;
  }
}

/** Whether a page came from this server. Where TLS ends before us, only the page may know whether it is spoken. */
function isOwn(origin: string, request: Arrival): boolean {
  const [scheme, host] = origin.split('://', 2);
  const isHere = host !== undefined && host.toLowerCase() === request.headers.host?.toLowerCase();
  return isHere && (scheme === 'https' || (scheme === 'http' && !isSecure(request)));
}
