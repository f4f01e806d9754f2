import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  createServer as createTlsServer,
  type TlsOptions,
  type Server as TlsServer,
} from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';

/** A WebSocket handshake that an HTTP server hands over. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Where a listener listens. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** TLS for a listener: what it is made with, and who keeps it current and admits its handshakes. */
export interface DoorTls {
  readonly options: TlsOptions;
  guard(server: TlsServer): void;
  /** Ends the handshakes that have begun, for a listener that closes. */
  endHandshakes(): void;
}

/** Something that listens, until it is closed. */
export interface Door {
  readonly port: number;
  /** Listens at another address from now on, on the same port. What is connected stays connected. */
  moveTo(host: string): Promise<void>;
  close(): Promise<void>;
}

/** Takes MQTT over TCP. */
export function openTcpDoor(place: Place, take: (stream: Duplex) => void): Promise<Door> {
  const server = createServer({ noDelay: true }, take);
  return listen(server, place);
}

/** Takes MQTT over TLS. */
export async function openTlsDoor(
  place: Place,
  tls: DoorTls,
  take: (stream: Duplex) => void,
): Promise<Door> {
  const server = createTlsServer({ noDelay: true, ...tls.options }, take);
  tls.guard(server);
  const door = await listen(server, place);
  return {
    ...door,
    close() {
      const closed = door.close();
      tls.endHandshakes();
      return closed;
    },
  };
}

/** Takes MQTT over WebSocket on a port of its own, whatever the path. */
export function openWebSocketDoor(place: Place, take: (upgrade: Upgrade) => void): Promise<Door> {
  const server = createHttpServer((_request, response) => {
    response.writeHead(426, { upgrade: 'websocket', connection: 'upgrade' }).end();
  });
  server.on('upgrade', (request, socket, head) => take({ request, socket, head }));
  return listen(server, place);
}

async function listen(server: Server, { host, port }: Place): Promise<Door> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  const { port: taken } = address;
  return {
    port: taken,
    async moveTo(other) {
      server.close();
      server.listen(taken, other);
      await once(server, 'listening');
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

/** Turns WebSocket handshakes into streams of MQTT. */
export class WebSocketHandshakes {
  readonly #server: WebSocketServer;

  /** @param maxBytes longest WebSocket message. */
  constructor(maxBytes: number) {
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: maxBytes,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has('mqtt') ? 'mqtt' : false),
    });
  }

  /** Answers a handshake; one that does not offer the subprotocol `mqtt` is refused (MQTT 3.1.1, 6). */
  accept({ request, socket, head }: Upgrade, take: (stream: Duplex) => void): void {
    const offered = request.headers['sec-websocket-protocol'] ?? '';
    if (!/(^|,)\s*mqtt\s*(,|$)/.test(offered)) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      take(createWebSocketStream(webSocket));
    });
  }
}
