import type { Duplex } from 'node:stream';
import {
  type Access,
  type Audit,
  asProblem,
  type Clock,
  type Logger,
  Problem,
} from '@thingtalk/core';
import type { WebSocket } from 'ws';
import { pongFrame } from './frame.ts';
import { type Message, noTail, type Tail, textMessage } from './message.ts';
import { Outbox, type Pulse } from './outbox.ts';
import type { WebSocketLimits } from './settings.ts';

/** Close codes that a server of ours gives. */
export const closeCodes = {
  /** The server ends. */
  goingAway: 1001,
  /** Only text is understood. */
  unsupportedData: 1003,
  /** The client takes too little of what it asked for. */
  tryAgainLater: 1013,
  /** What let the client in is over: it expired, or was taken back. */
  accessEnded: 4401,
  /** The Thing that the socket is about is no longer the client's to see. */
  thingForbidden: 4403,
} as const;

/** What all connections share. */
export interface ConnectionContext {
  readonly pulse: Pulse;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: WebSocketLimits;
  /** Where it is written down who did what, and who was refused what. */
  readonly audit: Audit;
}

/** Who a client is. */
export interface Peer {
  readonly access: Access;
  /** The address of the other end of the socket. */
  readonly address: string;
}

/** What a client asks for. */
export interface Request {
  /** `writeproperty` */
  readonly what: string;
  /** What it is about: a Thing, and an affordance. */
  readonly on: string;
  perform(): Promise<void>;
}

/** Requests that are written down though they are allowed: they move something. */
const commands: ReadonlySet<string> = new Set([
  'writeproperty',
  'writeallproperties',
  'writemultipleproperties',
  'invokeaction',
  'cancelaction',
]);

/** Longest reason of a close frame, in bytes (RFC 6455, 5.5): a control frame has 125, the code takes two. */
const reasonBytes = 123;

/** Takes what a client says and answers it. */
export type Session = (text: string) => void;

/** One client: what it says comes in through `ws`, what it hears goes out through its {@link Outbox}. */
export class Connection {
  /** What the client may do, as it is at each question. */
  readonly access: Access;
  readonly #address: string;
  readonly #ws: WebSocket;
  readonly #context: ConnectionContext;
  readonly #outbox: Outbox;
  #pending = 0;
  #heard = true;

  constructor(ws: WebSocket, socket: Duplex, context: ConnectionContext, peer: Peer) {
    this.#ws = ws;
    this.access = peer.access;
    this.#address = peer.address;
    this.#context = context;
    this.#outbox = new Outbox(socket, context.pulse, {
      limitBytes: context.limits.outboxBytes,
      onOverflow: () => this.close(closeCodes.tryAgainLater, 'too much waits to be read'),
    });
  }

  /** Changes that this client did not get because a later one of the same property waited. */
  get conflated(): number {
    return this.#outbox.conflated;
  }

  /** Bytes that can be sent at once without treating the client as one that lags. */
  get roomBytes(): number {
    return this.#outbox.roomBytes;
  }

  /** Calls `act` when the client has taken enough to be sent more; those who wait have their turns in the order they came. */
  inTurn<T>(act: () => T): Promise<T> {
    return this.#outbox.inTurn(act);
  }

  /** Hands what the client says to `session` until it is gone. */
  open(session: Session, onClose: () => void): void {
    const ws = this.#ws;
    ws.on('message', (data: Buffer, isBinary) => {
      this.#heard = true;
      if (isBinary) this.close(closeCodes.unsupportedData, 'only text frames are understood');
      else session(data.toString());
    });
    ws.on('ping', (data: Buffer) => {
      this.#heard = true;
      // Through the outbox, so that a client that pings and does not read is held to its limit.
      this.#outbox.push({ first: pongFrame, bytes: data });
    });
    ws.on('pong', () => {
      this.#heard = true;
    });
    // Broken frames: ws has closed already, with the code that says why.
    ws.on('error', (error) =>
      this.#context.logger.debug({ err: error }, 'a WebSocket client broke the protocol'),
    );
    ws.on('close', () => {
      this.#outbox.close();
      onClose();
    });
  }

  /** Sends a message, followed by `tail`, with the rest of this tick's. */
  send(message: Message, tail: Tail = noTail): void {
    this.#outbox.push(message, tail);
  }

  /** Sends a value to this client alone. */
  sendJson(value: unknown): void {
    this.#outbox.push(textMessage(JSON.stringify(value)));
  }

  /**
   * Carries out a request and tells `refuse` what went wrong with it.
   *
   * One more than the limit of requests that are under way is refused once it has been read, so that its refusal
   * can say what it answers.
   *
   * @param read reads the request, and returns how it is carried out
   */
  handle(read: () => Request, refuse: (problem: Problem) => void): void {
    let request: Request | undefined;
    const fail = (error: unknown) => {
      if (request !== undefined && isForbidden(error)) this.#record(request, error);
      refuse(asProblem(error, this.#report));
    };
    try {
      request = read();
      const asked = request;
      const { pendingRequests } = this.#context.limits;
      if (this.#pending >= pendingRequests) {
        throw new Problem(
          'overloaded',
          `${pendingRequests} requests are waiting for their answers`,
        );
      }
      this.#pending++;
      void asked
        .perform()
        .then(() => {
          if (commands.has(asked.what)) this.#record(asked);
        })
        .catch(fail)
        .finally(() => this.#pending--);
    } catch (error) {
      fail(error);
    }
  }

  /** Asks for a sign of life; cuts off a client that has given none since it was asked last. */
  checkAlive(): void {
    if (!this.#heard) {
      this.#ws.terminate();
      return;
    }
    this.#heard = false;
    this.#ws.ping();
  }

  /** Says goodbye after what waits has been written, and cuts off a client that does not answer. */
  close(code: number, reason: string): void {
    this.#outbox.flush();
    this.#outbox.close();
    this.#ws.close(code, shortened(reason));
    const { clock, limits } = this.#context;
    const timer = clock.after(limits.closeMs, () => this.#ws.terminate());
    this.#ws.once('close', () => timer.cancel());
  }

  #record({ what, on }: Request, refusal?: Problem): void {
    this.#context.audit.record({
      who: this.access.principal.id,
      from: this.#address,
      ...{ what, on },
      outcome: refusal === undefined ? 'allowed' : 'denied',
      ...(refusal && { why: refusal.detail }),
    });
  }

  readonly #report = (error: unknown, incident: string): void => {
    this.#context.logger.error({ err: error, incident }, 'a WebSocket request failed');
  };
}

/** Whether a right was missing; a dialect may have had to call it by another name. */
function isForbidden(error: unknown): error is Problem {
  if (!(error instanceof Problem)) return false;
  return error.name === 'forbidden' || isForbidden(error.cause);
}

function shortened(reason: string): string {
  const bytes = Buffer.from(reason);
  return bytes.length <= reasonBytes ? reason : `${bytes.toString('utf8', 0, reasonBytes - 6)}...`;
}
