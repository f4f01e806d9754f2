import type { Clock, RetainedStore, Timer } from '@thingtalk/core';
import type { Client } from 'aedes';
import { DeliveryRights } from './delivery-rights.ts';
import type { BrokerRights } from './guard.ts';
import type { BrokerLimits } from './limits.ts';
import { OutQueue } from './out-queue.ts';
import { encodePublish, type Outgoing } from './outgoing.ts';

/** What a {@link Connection} works with. */
export interface ConnectionParts {
  readonly rights: BrokerRights;
  readonly limits: BrokerLimits;
  readonly retained: RetainedStore;
  readonly clock: Clock;
}

/** The way out to one client: what may go there, how much of it may wait, and what becomes of who does not read. */
export class Connection {
  readonly #with: ConnectionParts;
  readonly #stream: Client['conn'];
  readonly #queue: OutQueue;
  readonly #rights: DeliveryRights;
  #stall: Timer | undefined;

  constructor(stream: Client['conn'], parts: ConnectionParts) {
    this.#with = parts;
    this.#stream = stream;
    this.#rights = new DeliveryRights(parts.rights);
    this.#queue = new OutQueue(stream, parts.limits.outgoingBytes, this.#sendRetained);
    stream.once('close', () => this.#stall?.cancel());
  }

  /** Whether what is sent may still arrive. */
  get isOpen(): boolean {
    return this.#stream.writable;
  }

  /** Whether so little waits that what can be sent later need not be. */
  get hasRoom(): boolean {
    return this.isOpen && !this.#stream.writableNeedDrain;
  }

  /** Calls `listener` once when there is room again. */
  onRoom(listener: () => void): void {
    this.#stream.once('drain', listener);
  }

  /** Whether this client may have what is said on `topic`. */
  mayHave(topic: string): boolean {
    return this.#rights.mayReceive(topic);
  }

  /** Whether a message may go out in this tick. If not, it is put off, or not the client's to have, or this is the end. */
  admits(message: Outgoing): boolean {
    if (!this.isOpen || !this.mayHave(message.topic)) return false;
    return this.#queue.admits(message);
  }

  /** Sends what is retained for `filter`, at the client's pace. */
  replay(filter: string): void {
    this.#queue.owe(this.#with.retained.topics(filter));
  }

  /** Joins what `write` writes into one write of the system. */
  together(write: () => void): void {
    this.#stream.cork();
    write();
    this.#stream.uncork();
  }

  /** Writes a packet. */
  write(packet: Uint8Array): void {
    if (!this.isOpen || this.#stream.write(packet) || this.#stall !== undefined) return;
    const { clock, limits } = this.#with;
    this.#stall = clock.after(limits.stallMs, () => this.end('it does not read'));
    this.#stream.once('drain', () => {
      this.#stall?.cancel();
      this.#stall = undefined;
    });
  }

  /** Ends the connection. */
  end(reason: string): void {
    this.#stream.destroy(new Error(reason));
  }

  readonly #sendRetained = (topic: string, isReplay: boolean): void => {
    const payload = this.#with.retained.get(topic)?.bytes();
    if ((payload === undefined && isReplay) || !this.mayHave(topic)) return;
    const marks = { qos: 0, retain: isReplay, dup: false, messageId: 0 } as const;
    this.write(encodePublish(topic, payload ?? new Uint8Array(0), marks));
  };
}
