import type { Duplex } from 'node:stream';
import { Batch } from './batch.ts';
import { type Message, noTail, type Tail } from './message.ts';

/** Above this many bytes an outbox does not wait for the end of the tick. */
const promptBytes = 64 * 1024;

/** Flushes the outboxes of all sockets together, once a tick. */
export class Pulse {
  #due: Outbox[] = [];
  #nothing = Batch.empty();

  /** Where every outbox begins that has nothing to send: the same for all in one tick, so that they share. */
  get nothing(): Batch {
    return this.#nothing;
  }

  /** Flushes `outbox` when all that can be read now has been read. */
  schedule(outbox: Outbox): void {
    if (this.#due.push(outbox) === 1) setImmediate(this.#beat);
  }

  readonly #beat = (): void => {
    const due = this.#due;
    this.#due = [];
    for (const outbox of due) outbox.flush();
    // A new beginning lets go of what has been sent.
    this.#nothing = Batch.empty();
  };
}

/** How much an {@link Outbox} holds, and what to do when that is not enough. */
export interface OutboxOptions {
  readonly limitBytes: number;
  /** Called once, when even conflated messages do not fit; nothing is sent after that. */
  readonly onOverflow: () => void;
}

/**
 * What waits to be sent to one socket: one write a tick, and no more than a limit while the reader lags.
 *
 * Beyond the limit only the last change of each property is kept; events and answers are never dropped:
 * when they do not fit, the reader is told to come again.
 */
export class Outbox {
  readonly #socket: Duplex;
  readonly #pulse: Pulse;
  readonly #options: OutboxOptions;
  #batch: Batch | undefined;
  #turns: (() => void)[] = [];
  #scheduled = false;
  #blocked = false;
  #closed = false;
  #conflated = 0;

  constructor(socket: Duplex, pulse: Pulse, options: OutboxOptions) {
    this.#socket = socket;
    this.#pulse = pulse;
    this.#options = options;
    socket.on('drain', this.#resume);
  }

  /** How many changes were dropped because a later one of the same property waited. */
  get conflated(): number {
    return this.#conflated;
  }

  /** Bytes that wait here, beyond what the socket took. */
  get waitingBytes(): number {
    return this.#batch?.length ?? 0;
  }

  /** Bytes that can be added at once and leave the reader as far from its limit as any that lags. */
  get roomBytes(): number {
    return Math.max(0, this.#options.limitBytes / 2 - this.waitingBytes);
  }

  /**
   * Calls `act` when the socket takes more: at once, unless it is full. Those who wait have their turns in the order they
   * came, the next only when what the one before sent has been taken too; none has its turn once this is closed.
   */
  inTurn<T>(act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const turn = () => {
        try {
          resolve(act());
        } catch (error) {
          reject(error);
        }
      };
      if (this.#blocked) this.#turns.push(turn);
      else turn();
    });
  }

  /** Sends a message with the rest of this tick's. */
  push(message: Message, tail: Tail = noTail): void {
    if (this.#closed) return;
    const batch = (this.#batch ?? this.#pulse.nothing).with(message, tail);
    this.#batch = batch;
    if (this.#blocked) {
      if (batch.length > this.#options.limitBytes) this.#relieve(batch);
    } else if (batch.length > promptBytes) this.flush();
    else this.#schedule();
  }

  /** Writes what waits, unless the socket is full. */
  flush(): void {
    this.#scheduled = false;
    const batch = this.#batch;
    if (this.#closed || this.#blocked || batch === undefined) return;
    this.#batch = undefined;
    this.#blocked = !this.#socket.write(batch.bytes);
  }

  /** Takes nothing more and forgets what waits. */
  close(): void {
    this.#closed = true;
    this.#socket.off('drain', this.#resume);
    this.#batch = undefined;
    this.#turns = [];
  }

  readonly #resume = (): void => {
    this.#blocked = false;
    if (this.#batch !== undefined) this.#schedule();
    while (!this.#blocked && this.#turns.length > 0) this.#turns.shift()?.();
  };

  #schedule(): void {
    if (this.#scheduled || this.#blocked) return;
    this.#scheduled = true;
    this.#pulse.schedule(this);
  }

  /** Makes room by half at least, so that a reader at its limit does not pay for it at each message. */
  #relieve(full: Batch): void {
    const { batch, dropped } = full.conflated();
    this.#batch = batch;
    this.#conflated += dropped;
    if (batch.length <= this.#options.limitBytes / 2) return;
    this.close();
    this.#options.onOverflow();
  }
}
