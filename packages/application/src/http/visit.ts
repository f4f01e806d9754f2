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
