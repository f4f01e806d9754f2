import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** The address of whoever opened a WebSocket, where others hand on what comes. */
export type HandshakeAddress = (handshake: IncomingMessage) => string;

/** A connection: its bytes, and the handshake by which it came where it is a WebSocket. */
export interface Peer {
  readonly stream: Duplex;
  readonly handshake: IncomingMessage | undefined;
}

/** The address of whoever is connected; empty where there is none. */
export function peerAddress({ stream, handshake }: Peer, of: HandshakeAddress | undefined): string {
  if (handshake !== undefined && of !== undefined) return of(handshake);
  const socket: object = handshake?.socket ?? stream;
  const isKnown = 'remoteAddress' in socket && typeof socket.remoteAddress === 'string';
  return isKnown ? String(socket.remoteAddress) : '';
}
