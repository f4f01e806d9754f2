import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { type Clock, systemClock } from '@thingtalk/core';

/** How many handshakes a server takes: each costs it more than it costs whoever asks. */
export interface HandshakeLimits {
  /** Of all together in one second. Default 400. */
  readonly perSecond: number;
  /** Begun and not ended, of all together. Default 256. */
  readonly atOnce: number;
  /** Begun and not ended, of one address. Default 32. */
  readonly ofOneAddress: number;
  /** How long one may take, in milliseconds. Default 10,000. */
  readonly patienceMs: number;
}

/** The {@link HandshakeLimits} unless something else is wanted. */
export const defaultHandshakeLimits: HandshakeLimits = {
  perSecond: 400,
  atOnce: 256,
  ofOneAddress: 32,
  patienceMs: 10_000,
};

/** First byte of a TLS record that holds a handshake (RFC 8446, 5.1). */
const handshakeRecord = 0x16;

/** A handshake that has begun: what it comes on, and who is told that it is over. */
interface Handshake {
  readonly socket: Socket;
  readonly end: () => void;
}

/** Decides which connections of one TLS server may begin their handshake, and ends those that take too long. */
export class HandshakeAdmission {
  readonly #limits: HandshakeLimits;
  readonly #clock: Clock;
  /** The handshakes that have begun, by the other end's address and port. */
  readonly #begun = new Map<string, Handshake>();
  readonly #ofAddress = new Map<string, number>();
  #second = 0;
  #inSecond = 0;

  constructor(limits: Partial<HandshakeLimits> = {}, clock: Clock = systemClock) {
    this.#limits = { ...defaultHandshakeLimits, ...limits };
    this.#clock = clock;
  }

  /** Handshakes that have begun and not ended. */
  get pending(): number {
    return this.#begun.size;
  }

  /**
   * Stands between a TLS server and its connections.
   *
   * @param plainAnswer what somebody is sent who does not speak TLS, before the connection ends
   */
  guard(server: Server, plainAnswer = ''): void {
    // The server begins a handshake by listening to its own connections: what it does then is put off until it may.
    const begin = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) =>
      this.#admit(socket, plainAnswer, () => {
        for (const listener of begin) listener.call(server, socket);
      }),
    );
    server.on('secureConnection', (socket: TLSSocket) => this.#begun.get(placeOf(socket))?.end());
  }

  /** Ends the handshakes that have begun: a server that closes waits for them otherwise. */
  endAll(): void {
    for (const { socket } of this.#begun.values()) socket.destroy();
  }

  #admit(socket: Socket, plainAnswer: string, begin: () => void): void {
    const address = socket.remoteAddress ?? '';
    if (!this.#take(address)) {
      socket.destroy();
      return;
    }
    const place = placeOf(socket);
    const timer = this.#clock.after(this.#limits.patienceMs, () => socket.destroy());
    const end = () => {
      timer.cancel();
      if (this.#begun.delete(place)) this.#release(address);
    };
    this.#begun.set(place, { socket, end });
    socket.once('close', end);
    // Until TLS takes the socket over nobody else hears of its errors.
    socket.on('error', () => socket.destroy());
    socket.once('readable', () => {
      const first: Buffer | null = socket.read();
      if (first === null) return;
      if (first[0] !== handshakeRecord) {
        // What is still being sent is read away, or the answer would be lost with the connection.
        socket.resume().end(plainAnswer);
        return;
      }
      socket.unshift(first);
      begin();
    });
  }

  #take(address: string): boolean {
    const { perSecond, atOnce, ofOneAddress } = this.#limits;
    const second = Math.floor(this.#clock.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    const ofThis = this.#ofAddress.get(address) ?? 0;
    if (this.#inSecond >= perSecond || this.pending >= atOnce || ofThis >= ofOneAddress) {
      return false;
    }
    this.#inSecond += 1;
    this.#ofAddress.set(address, ofThis + 1);
    return true;
  }

  #release(address: string): void {
    const left = (this.#ofAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#ofAddress.delete(address);
    else this.#ofAddress.set(address, left);
  }
}

/** The other end, alike for a connection and the TLS on it; its port tells it from all others of this server. */
function placeOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`;
}
