import type { Outgoing } from './outgoing.ts';

/** Most messages sent and not acknowledged: more wait until the client has caught up. */
const window = 1_000;
const lastId = 65_535;

/** A message of QoS 1 or 2 that a client has not acknowledged yet. */
export interface Debt {
  readonly message: Outgoing;
  qos: 0 | 1 | 2;
  /** 0 until it is sent for the first time. */
  messageId: number;
  /** `released`: the client has it and says so (PUBREC); only its id is still of interest. */
  state: 'unsent' | 'sent' | 'released' | 'done';
}

/** How much may be owed to one client. */
export interface Credit {
  readonly messages: number;
  readonly bytes: number;
}

/**
 * What one lasting session is owed, in the order in which it came.
 *
 * @see {@link https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html#_Toc398718105 | MQTT 3.1.1, 4.4 and 4.6}
 */
export class Owed {
  readonly #credit: Credit;
  /** All that have an id, by it, in the order of their first sending. */
  readonly #numbered = new Map<number, Debt>();
  #queue: Debt[] = [];
  #next = 0;
  #size = 0;
  #bytes = 0;
  #lastId = 0;

  constructor(credit: Credit) {
    this.#credit = credit;
  }

  /** How many messages are not acknowledged. */
  get size(): number {
    return this.#size;
  }

  /** Adds a message; false when that is beyond the credit, and nothing was added. */
  add(debt: Debt): boolean {
    const { messages, bytes } = this.#credit;
    if (this.#size >= messages || this.#bytes + debt.message.bytes > bytes) return false;
    this.#size++;
    this.#bytes += debt.message.bytes;
    this.#queue.push(debt);
    return true;
  }

  /** The message to send next; `undefined` when there is none or the window is full. It has an id then. */
  take(): Debt | undefined {
    for (;;) {
      const debt = this.#queue[this.#next];
      if (debt === undefined) {
        this.#queue = [];
        this.#next = 0;
        return undefined;
      }
      const isNew = debt.messageId === 0 && debt.state !== 'done';
      if (isNew && this.#numbered.size >= window) return undefined;
      this.#next++;
      if (this.#next >= window && this.#next * 2 >= this.#queue.length) this.#forgetTaken();
      if (debt.state === 'done') continue;
      if (isNew) this.#number(debt);
      return debt;
    }
  }

  /** The client has this message (PUBACK, PUBCOMP). */
  acknowledge(messageId: number): void {
    const debt = this.#numbered.get(messageId);
    if (debt !== undefined) this.drop(debt);
  }

  /** The client has this message of QoS 2 and will not take it again (PUBREC). */
  release(messageId: number): void {
    const debt = this.#numbered.get(messageId);
    if (debt !== undefined) debt.state = 'released';
  }

  /** Owes a message no longer. */
  drop(debt: Debt): void {
    if (debt.state === 'done') return;
    debt.state = 'done';
    this.#numbered.delete(debt.messageId);
    this.#size--;
    this.#bytes -= debt.message.bytes;
  }

  /** Begins again with the first that is not acknowledged: the connection is a new one. */
  rewind(): void {
    const fresh = this.#queue.slice(this.#next).filter(({ messageId }) => messageId === 0);
    this.#queue = [...this.#numbered.values(), ...fresh];
    this.#next = 0;
  }

  #forgetTaken(): void {
    this.#queue = this.#queue.slice(this.#next);
    this.#next = 0;
  }

  #number(debt: Debt): void {
    do this.#lastId = this.#lastId === lastId ? 1 : this.#lastId + 1;
    while (this.#numbered.has(this.#lastId));
    debt.messageId = this.#lastId;
    this.#numbered.set(debt.messageId, debt);
  }
}
