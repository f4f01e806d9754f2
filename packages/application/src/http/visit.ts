import type { IncomingMessage } from 'node:http';
import type { Visit } from '@thingtalk/core';

/** A request, or the handshake of a WebSocket, as far as it is looked at before anybody answers. */
export type Arrival = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'socket'>;

/** How a request came. */
export function visitOf({ method = '', url = '', headers, socket }: Arrival): Visit {
  return {
    method,
    url,
    headers,
    address: socket.remoteAddress ?? '',
    isSecure: 'encrypted' in socket,
  };
}

/** Scheme and authority by which whoever asks knows this server, without a trailing slash. */
export function baseOf({ headers, socket }: Pick<Arrival, 'headers' | 'socket'>): string {
  return `${'encrypted' in socket ? 'https' : 'http'}://${headers.host}`;
}

/** Path of a request, without its query: that may hold anything, secrets too, and is written down nowhere. */
export function pathAsked({ url = '' }: { readonly url?: string | undefined }): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}
