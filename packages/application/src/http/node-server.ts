import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Problem } from '@thingtalk/core';
import { type DoorTls, isStrictHost, openServer } from './door-tls.ts';
import type { FrontDoor } from './front-door.ts';
import { plainReply } from './plain-reply.ts';
import { problemReply, send } from './reply.ts';
import { forwardedIn } from './trusted-proxies.ts';

/** For half a year, and for this name alone (RFC 6797, 6.1). */
const strictTransport = 'max-age=15552000';

/** How patient the server is, in milliseconds; a slow sender of half a request is answered 408 and closed. */
export interface HttpTimeouts {
  /** For the headers of a request. Default 10,000. */
  readonly headersMs: number;
  /** For a whole request, body included. Default 30,000. */
  readonly requestMs: number;
  /** Between two requests of a connection. Default 65,000. */
  readonly keepAliveMs: number;
}

/** The {@link HttpTimeouts} unless a setting says otherwise. */
export const defaultTimeouts: HttpTimeouts = {
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 65_000,
};

/** What stands between the sockets and the router. */
export interface NodeServerOptions {
  readonly timeouts: HttpTimeouts;
  /** Default: plain HTTP. */
  readonly tls?: DoorTls | undefined;
  /** Whether browsers are told to use TLS alone from now on, where that is right ({@link isStrictHost}). */
  readonly isStrict?: boolean | undefined;
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Whether a request to upgrade is for somebody; others are served as plain requests. */
  readonly upgrades: (request: IncomingMessage) => boolean;
  /** Looks at each request first. */
  readonly front: FrontDoor;
}

/** A node:http server that answers whatever is malformed with a problem instead of a bare status. */
export function createNodeServer(options: NodeServerOptions): Server {
  const { timeouts, handle, front, isStrict = false } = options;
  const server = openServer(
    {
      noDelay: true,
      // A missing Host is answered by us: Node's own answer has no body.
      requireHostHeader: false,
      connectionsCheckingInterval: Math.min(5_000, timeouts.headersMs),
      shouldUpgradeCallback: options.upgrades,
    },
    options.tls,
  );
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const problem = front.refuse(request);
    const { host } = request.headers;
    const isTold = isStrict || forwardedIn(request.headers)?.isSecure === true;
    if (isTold && host !== undefined && isStrictHost(host)) {
      response.setHeader('strict-transport-security', strictTransport);
    }
    if (front.answers(request, response)) return;
    if (problem === undefined) handle(request, response);
    else send(response, problemReply(problem), { head: false, close: true });
  });
  server.on('clientError', (error, socket) => answerClientError(error, socket as Socket));
  server.headersTimeout = timeouts.headersMs;
  server.requestTimeout = timeouts.requestMs;
  server.keepAliveTimeout = timeouts.keepAliveMs;
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const problem = new Problem('bad-request', `Expect: ${request.headers.expect} is not offered`);
    send(response, problemReply(problem), { head: false, close: true });
  });
  return server;
}

/** Answers what could not be read as a request at all, and closes. */
function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  // In the middle of an answer a second status line would only garble the first.
  const busy = '_httpMessage' in socket && socket._httpMessage !== null;
  if (error.code === 'ECONNRESET' || !socket.writable || busy) {
    socket.destroy();
    return;
  }
  socket.end(plainReply(clientProblem(error)));
}

function clientProblem(error: Error & { code?: string }): Problem {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers-too-large', 'the request line and headers exceed 16 KiB');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem('payload-too-large', 'the chunk extensions exceed 16 KiB');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request-timeout', 'the request did not arrive in time');
    default:
      return new Problem('bad-request', `not an HTTP request: ${error.message}`);
  }
}
