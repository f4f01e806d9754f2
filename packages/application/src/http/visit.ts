import type { IncomingMessage } from 'node:http';
import type { Visit } from '@thingtalk/core';

/** How a request came, or the handshake of a WebSocket. */
export function visitOf({ method = '', url = '', headers, socket }: IncomingMessage): Visit {
  return {
    method,
    url,
    headers,
    address: socket.remoteAddress ?? '',
    isSecure: 'encrypted' in socket,
  };
}

/** Path of a request, without its query: that may hold anything, secrets too, and is written down nowhere. */
export function pathAsked({ url }: { readonly url: string }): string {
  return url.split('?', 1)[0] ?? '';
}
