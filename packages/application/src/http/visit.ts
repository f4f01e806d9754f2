import type { IncomingMessage } from 'node:http';
import type { Visit } from '@thingtalk/core';
import { forwardedIn } from './trusted-proxies.ts';

/** A request, or the handshake of a WebSocket, as far as it is looked at before anybody answers. */
export type Arrival = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'socket'>;

/** The address of whoever asks: the other end of the socket, or whom a trusted proxy names. */
export function addressOf({ headers, socket }: Pick<Arrival, 'headers' | 'socket'>): string {
  return forwardedIn(headers)?.address ?? socket.remoteAddress ?? '';
}

/** Whether whoever asks uses TLS, with us or with a trusted proxy. */
export function isSecure({ headers, socket }: Pick<Arrival, 'headers' | 'socket'>): boolean {
  return forwardedIn(headers)?.isSecure ?? 'encrypted' in socket;
}

/** Scheme and authority by which whoever asks knows this server, without a trailing slash. */
export function baseOf(request: Pick<Arrival, 'headers' | 'socket'>): string {
  return `${isSecure(request) ? 'https' : 'http'}://${request.headers.host}`;
}

/** How a request came. */
export function visitOf(request: Arrival): Visit {
  const { method = '', url = '', headers } = request;
  return { method, url, headers, address: addressOf(request), isSecure: isSecure(request) };
}

/** Path of a request, without its query: that may hold anything, secrets too, and is written down nowhere. */
export function pathAsked({ url = '' }: { readonly url?: string | undefined }): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}
