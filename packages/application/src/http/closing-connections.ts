import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '@thingtalk/core';

/** How often connections that fell idle are closed while the server closes, in milliseconds. */
const sweepMs = 20;

/**
 * The connections of a server, closed when it closes: Node's own `close` waits for ever for those on which nothing was
 * asked yet, and for half a request, since it no longer looks at the time.
 */
export class ClosingConnections {
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #sockets = new Set<Socket>();

  constructor(server: Server, clock: Clock) {
    this.#server = server;
    this.#clock = clock;
    const keep = (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    };
    server.on('connection', keep);
    // What TLS stands on has read a handshake; whether something was asked is seen on the TLS itself.
    server.on('secureConnection', keep);
  }

  /** Closes whatever is idle until the server has `closed`, and after `patienceMs` whatever is left. */
  async close(closed: Promise<void>, patienceMs: number): Promise<void> {
    const sweep = setInterval(() => this.#closeIdle(), sweepMs);
    using _end = this.#clock.after(patienceMs, () => this.#server.closeAllConnections());
    try {
      await closed;
    } finally {
      clearInterval(sweep);
    }
  }

  #closeIdle(): void {
    // A connection that was busy when the server closed is kept alive by Node after its last answer.
    this.#server.closeIdleConnections();
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}
