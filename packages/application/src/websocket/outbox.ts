import type { Duplex } from 'node:stream';
import { Joiner, type Message, noTail, type Tail, wireLength } from './message.ts';

/** Above this many bytes an outbox does not wait for the end of the tick. */
const promptBytes = 64 * 1024;

/** Flushes the outboxes of all sockets together, once a tick. */
export class Pulse {
  #due: Outbox[] = [];
  #joiner = new Joiner();

  /** Shared by all that flush in this tick. */
  get joiner(): Joiner {
    return this.#joiner;
  }

  /** Flushes `outbox` when all that can be read now has been read. */
  schedule(outbox: Outbox): void {
    if (this.#due.push(outbox) === 1) setImmediate(this.#beat);
  }

  readonly #beat = (): void => {
    const due = this.#due;
    this.#due = [];
    for (const outbox of due) outbox.flush();
    this.#joiner = new Joiner();
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
  #messages: Message[] = [];
  #tails: Tail[] = [];
  #bytes = 0;
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
    return this.#bytes;
  }

  /** Sends a message with the rest of this tick's. */
  push(message: Message, tail: Tail = noTail): void {
    if (this.#closed) return;
    this.#messages.push(message);
    this.#tails.push(tail);
    this.#bytes += wireLength(message, tail);
    if (this.#blocked) {
      if (this.#bytes > this.#options.limitBytes) this.#relieve();
    } else if (this.#bytes > promptBytes) this.flush();
    else this.#schedule();
  }

  /** Writes what waits, unless the socket is full. */
  flush(): void {
    this.#scheduled = false;
    if (this.#closed || this.#blocked || this.#bytes === 0) return;
    const joined = this.#pulse.joiner.join(this.#messages, this.#tails, this.#bytes);
    this.#empty();
    this.#blocked = !this.#socket.write(joined);
  }

  /** Takes nothing more and forgets what waits. */
  close(): void {
    this.#closed = true;
    this.#socket.off('drain', this.#resume);
    this.#empty();
  }

  readonly #resume = (): void => {
    this.#blocked = false;
    this.#schedule();
  };

  #schedule(): void {
    if (this.#scheduled || this.#blocked) return;
    this.#scheduled = true;
    this.#pulse.schedule(this);
  }

  #empty(): void {
    // New arrays: the joiner keeps the old ones to compare with.
    this.#messages = [];
    this.#tails = [];
    this.#bytes = 0;
  }

  /** Makes room by half at least, so that a reader at its limit does not pay for it at each message. */
  #relieve(): void {
    this.#conflate();
    if (this.#bytes <= this.#options.limitBytes / 2) return;
    this.close();
    this.#options.onOverflow();
  }

  #conflate(): void {
    const messages = this.#messages;
    const tails = this.#tails;
    const kept = latest(messages);
    this.#empty();
    for (const at of kept) {
      const message = messages[at];
      const tail = tails[at];
      if (!message || !tail) continue;
      this.#messages.push(message);
      this.#tails.push(tail);
      this.#bytes += wireLength(message, tail);
    }
    this.#conflated += messages.length - kept.length;
  }
}

/** Where the messages stand that no later one supersedes, in order. */
function latest(messages: readonly Message[]): readonly number[] {
  const seen = new Map<unknown, Set<string>>();
  const kept: number[] = [];
  for (let at = messages.length - 1; at >= 0; at--) {
    const change = messages[at]?.change;
    if (change) {
      const names = seen.get(change.thing) ?? new Set();
      if (names.has(change.name)) continue;
      seen.set(change.thing, names.add(change.name));
    }
    kept.push(at);
  }
  return kept.reverse();
}
