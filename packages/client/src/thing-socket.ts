import type { Clock, JsonObject, Timer } from '@thingtalk/core';
import { type BackoffOptions, backoffMs } from './backoff.ts';
import { type CallOptions, Deadline } from './deadline.ts';
import { webThingProtocol } from './forms.ts';
import { decode, encodeRequest, type Notification, type RequestInit } from './frames.ts';
import { Listeners } from './listeners.ts';
import { ProblemError } from './problem-error.ts';

/** Where the live connection stands; told apart by `state`. Times are milliseconds since 1970. */
export type ConnectionStatus =
  /** Nothing is observed, so there is no connection. */
  | { readonly state: 'idle' }
  | { readonly state: 'connecting'; readonly attempt: number }
  | { readonly state: 'connected'; readonly since: number }
  | {
      readonly state: 'waiting';
      readonly attempt: number;
      readonly retryAt: number;
      readonly reason: string;
    }
  | { readonly state: 'closed' };

/** A Thing that uses the socket. */
export interface Member {
  readonly thingID: string;
  /** Called at each (re)connect: time to ask for everything that is wanted. */
  onOpen(): void;
  onNotification(notification: Notification): void;
  /** Called once, when the socket is closed for good. */
  onClose(): void;
}

/** What {@link ThingSocket} needs. */
export interface SocketSettings {
  readonly WebSocket: typeof globalThis.WebSocket;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** After this long without a word the gateway is asked for one, and after as long again taken for dead. */
  readonly heartbeatMs: number;
  readonly backoff: BackoffOptions;
}

interface Waiting {
  resolve(members: JsonObject): void;
  reject(problem: ProblemError): void;
}

/**
 * One WebSocket to one address, shared by all Things found there.
 *
 * It is open while somebody is attached, and comes back by itself, with growing pauses, until nobody is.
 */
export class ThingSocket {
  readonly #url: string;
  readonly #settings: SocketSettings;
  readonly #members = new Map<string, Set<Member>>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #statusListeners = new Listeners<ConnectionStatus>();
  #status: ConnectionStatus = { state: 'idle' };
  #socket: WebSocket | undefined;
  #timer: Timer | undefined;
  #attempt = 0;
  #heard = false;

  constructor(url: string, settings: SocketSettings) {
    this.#url = url;
    this.#settings = settings;
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  /** Calls `listener` at each change of {@link status}; returns how to stop. */
  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    return this.#statusListeners.add(listener);
  }

  /** Takes part: the socket is opened for the first, and closed after the last. Returns how to leave. */
  attach(member: Member): () => void {
    if (this.#status.state === 'closed') throw closedProblem(this.#url);
    const members = this.#members.get(member.thingID) ?? new Set();
    this.#members.set(member.thingID, members.add(member));
    if (this.#status.state === 'idle') this.#connect();
    return () => {
      members.delete(member);
      if (members.size === 0 && this.#members.get(member.thingID) === members) {
        this.#members.delete(member.thingID);
      }
      if (this.#members.size === 0 && this.#status.state !== 'closed') this.#rest('idle');
    };
  }

  /**
   * Asks, on a connection that stands.
   *
   * @returns the members of the answer.
   * @throws {@link ProblemError} what the gateway refused with, or why no answer came.
   */
  async request(init: RequestInit, options: CallOptions = {}): Promise<JsonObject> {
    const socket = this.#socket;
    if (socket === undefined || this.#status.state !== 'connected') {
      throw ProblemError.ofConnection('gateway-unreachable', `${this.#url} is not connected`);
    }
    const { clock, timeoutMs } = this.#settings;
    const { correlationID, json } = encodeRequest(init);
    const what = `${init.operation} of ${init.thingID}`;
    using deadline = new Deadline(clock, options.timeoutMs ?? timeoutMs, what, options.signal);
    const answer = new Promise<JsonObject>((resolve, reject) => {
      this.#waiting.set(correlationID, { resolve, reject });
    });
    try {
      socket.send(json);
      return await deadline.race(answer);
    } finally {
      this.#waiting.delete(correlationID);
    }
  }

  /** Closes for good. */
  close(): void {
    this.#rest('closed');
    for (const member of this.#everyMember()) member.onClose();
  }

  #connect(): void {
    this.#attempt += 1;
    this.#setStatus({ state: 'connecting', attempt: this.#attempt });
    let socket: WebSocket;
    try {
      socket = new this.#settings.WebSocket(this.#url, webThingProtocol);
    } catch (error) {
      // Browsers refuse `ws:` from a page served over HTTPS by throwing.
      this.#lost(String(error));
      return;
    }
    this.#socket = socket;
    const lost = (reason: string) => this.#socket === socket && this.#lost(reason);
    socket.onopen = () => this.#socket === socket && this.#opened();
    socket.onmessage = ({ data }) => this.#socket === socket && this.#receive(data);
    socket.onclose = ({ code, reason }) =>
      lost(`closed with ${code}${reason === '' ? '' : ` ${reason}`}`);
    // The error itself says nothing in browsers; the close event that follows ends the connection.
    socket.onerror = () => {};
    const { clock, timeoutMs } = this.#settings;
    this.#wake(clock.after(timeoutMs, () => lost(`not connected within ${timeoutMs} ms`)));
  }

  #opened(): void {
    this.#setStatus({ state: 'connected', since: this.#settings.clock.now() });
    this.#heard = true;
    this.#beat(false);
    for (const member of this.#everyMember()) member.onOpen();
  }

  #receive(data: unknown): void {
    this.#heard = true;
    const message = decode(data);
    if (message === undefined) return;
    // Only a connection that has carried something counts as one: a door that opens and shuts at once does not.
    this.#attempt = 0;
    if (message.kind === 'response') {
      const waiting = this.#waiting.get(message.correlationID);
      if (message.problem === undefined) waiting?.resolve(message.members);
      else waiting?.reject(message.problem);
      return;
    }
    for (const member of this.#members.get(message.thingID) ?? []) member.onNotification(message);
  }

  #lost(reason: string): void {
    this.#drop(`the connection to ${this.#url} was lost: ${reason}`);
    const { clock, backoff } = this.#settings;
    const pause = backoffMs(Math.max(1, this.#attempt), backoff);
    this.#setStatus({
      state: 'waiting',
      attempt: this.#attempt,
      retryAt: clock.now() + pause,
      reason,
    });
    this.#wake(clock.after(pause, () => this.#connect()));
  }

  /**
   * Half-open connections are found by asking: browsers offer no ping, and a silent socket would hold values that
   * are no longer true. Any answer will do, a refusal too.
   */
  #beat(asked: boolean): void {
    const { clock, heartbeatMs } = this.#settings;
    this.#wake(
      clock.after(heartbeatMs, () => {
        const isSilent = !this.#heard;
        this.#heard = false;
        if (isSilent && asked) this.#lost(`silent for ${2 * heartbeatMs} ms`);
        else {
          if (isSilent) this.#ping();
          this.#beat(isSilent);
        }
      }),
    );
  }

  #ping(): void {
    const [thingID] = this.#members.keys();
    if (thingID === undefined) return;
    const { json } = encodeRequest({ thingID, operation: 'readmultipleproperties', names: [] });
    this.#socket?.send(json);
  }

  #rest(state: 'idle' | 'closed'): void {
    this.#attempt = 0;
    this.#drop(`the connection to ${this.#url} was closed`);
    this.#setStatus({ state });
  }

  #drop(reason: string): void {
    this.#wake(undefined);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    const problem = ProblemError.ofConnection('gateway-unreachable', reason);
    for (const { reject } of this.#waiting.values()) reject(problem);
    this.#waiting.clear();
  }

  #wake(timer: Timer | undefined): void {
    this.#timer?.cancel();
    this.#timer = timer;
  }

  #setStatus(status: ConnectionStatus): void {
    this.#status = status;
    this.#statusListeners.tell(status);
  }

  #everyMember(): Member[] {
    return [...this.#members.values()].flatMap((members) => [...members]);
  }
}

function closedProblem(url: string): ProblemError {
  return ProblemError.ofConnection('gateway-unreachable', `the client of ${url} was closed`);
}
