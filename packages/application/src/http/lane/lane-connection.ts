import type { Socket } from 'node:net';
import type { Lane } from './lane.ts';
import { LaneExchange, type LaneSide } from './lane-exchange.ts';
import { PlainReader } from './plain-request.ts';

/** How much longer a connection is kept than was said, so that a request under way still finds it, in milliseconds. */
const graceMs = 1_000;

/** One connection of a {@link Lane}: a request at a time. */
export class LaneConnection implements LaneSide {
  readonly socket: Socket;
  readonly #lane: Lane;
  readonly #reader = new PlainReader();
  /** What is being answered. */
  #busy: LaneExchange | undefined;
  /** What came meanwhile. */
  #next: Buffer | undefined;
  #isNew = true;

  constructor(socket: Socket, lane: Lane) {
    this.socket = socket;
    this.#lane = lane;
    socket.on('data', this.#hear);
    socket.on('end', this.#end);
    socket.on('close', this.#close);
    socket.on('error', this.#fail);
    socket.setTimeout(lane.timeouts.headersMs, this.closeIdle);
  }

  /** Closes the connection, unless something is being answered on it. */
  readonly closeIdle = (): void => {
    if (this.#busy === undefined) this.socket.destroy();
  };

  answer(head: string, body: string | Uint8Array, close: boolean): void {
    const { socket } = this;
    const whole = head + this.#lane.closing(close);
    if (typeof body === 'string' && Buffer.byteLength(body) === body.length) {
      // As many bytes as characters: plain ASCII, which Node writes faster when told so.
      socket.write(whole + body, 'latin1');
    } else {
      socket.cork();
      socket.write(whole, 'latin1');
      socket.write(body);
      socket.uncork();
    }
    this.#busy = undefined;
    if (close) socket.end();
    else if (socket.writableNeedDrain) this.#waitForReader();
    else if (this.#next !== undefined) this.#goOn();
  }

  readonly #hear = (bytes: Buffer): void => {
    if (this.#busy !== undefined) {
      this.#next = this.#next === undefined ? bytes : Buffer.concat([this.#next, bytes]);
      this.socket.pause();
      return;
    }
    const request = this.#reader.read(bytes);
    const answering = request && this.#lane.find(request, this.socket);
    if (request === undefined || answering === undefined) {
      this.#handOver(bytes);
      return;
    }
    const exchange = new LaneExchange(request, this);
    this.#busy = exchange;
    if (this.#isNew) this.#keep();
    this.#lane.inTurn(() => answering(exchange));
  };

  /** From now on it may be idle for longer. */
  #keep(): void {
    this.#isNew = false;
    this.socket.setTimeout(this.#lane.timeouts.keepAliveMs + graceMs);
  }

  /** Who asks and does not read is not heard until it has read: what waits for it costs memory. */
  #waitForReader(): void {
    this.socket.pause();
    this.socket.once('drain', this.#goOn);
  }

  /** The next request may have come before the last was answered, or read. */
  readonly #goOn = (): void => {
    const bytes = this.#next;
    this.#next = undefined;
    this.socket.resume();
    if (bytes !== undefined) this.#hear(bytes);
  };

  #handOver(bytes: Buffer): void {
    const { socket } = this;
    socket.off('data', this.#hear);
    socket.off('end', this.#end);
    socket.off('close', this.#close);
    socket.off('error', this.#fail);
    socket.setTimeout(0, this.closeIdle);
    // Paused, so that what is put back waits for its reader.
    socket.pause();
    socket.unshift(bytes);
    this.#lane.handOver(this);
    socket.resume();
  }

  readonly #end = (): void => {
    this.socket.end();
  };

  readonly #fail = (): void => {
    this.socket.destroy();
  };

  readonly #close = (): void => {
    this.#lane.gone(this);
    this.#busy?.left();
  };
}
