import { MemoryBus } from '../bus/memory-bus.ts';
import { MessageHub } from '../bus/message-hub.ts';
import { StatusSignal } from '../bus/status-signal.ts';
import type { Payload } from '../data/payload.ts';
import type {
  Bus,
  BusMessage,
  BusStatus,
  PublishOptions,
  SessionOptions,
  Subscription,
} from '../ports/bus.ts';

interface Ear extends Subscription {
  readonly hear: (message: BusMessage) => void;
}

const connected = { state: 'connected', since: 0 } as const;

/**
 * A broker whose connections a test breaks and mends: sessions behave as those of a client far away, which loses what
 * was under way, and connects again when it can.
 */
export class LooseWire {
  /** The broker; another one after {@link restart}. */
  hub: MessageHub = new MessageHub();
  readonly #sessions = new Set<LooseSession>();
  #isUp = true;

  /** A bus whose sessions are on this wire. */
  bus(): Bus {
    return new LooseSession(this, undefined);
  }

  /** Whether connections stand. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** From here on what is sent either way is lost, and nobody notices. */
  deafen(): void {
    for (const session of this.#sessions) session.deafen();
  }

  /** All connections end, with their wills. */
  break(): void {
    this.#isUp = false;
    for (const session of this.#sessions) session.break();
  }

  /** All connect again. */
  mend(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    for (const session of this.#sessions) session.connect();
  }

  /** The broker is killed, and with it all that it kept; {@link mend} finds another one in its place. */
  restart(): void {
    this.break();
    this.hub = new MessageHub();
  }

  /** The process at the other end is killed: its sessions end with their wills. */
  kill(): void {
    for (const session of this.#sessions) session.break();
    this.#sessions.clear();
  }

  /** Takes part from here on. */
  add(session: LooseSession): void {
    this.#sessions.add(session);
  }

  /** Takes part no more. */
  remove(session: LooseSession): void {
    this.#sessions.delete(session);
  }
}

class LooseSession implements Bus {
  readonly #wire: LooseWire;
  readonly #options: SessionOptions | undefined;
  readonly #status = new StatusSignal({ state: 'connecting', attempt: 1 });
  readonly #ears = new Map<Ear, string>();
  #link: MemoryBus | undefined;
  #isDeaf = false;

  constructor(wire: LooseWire, options: SessionOptions | undefined) {
    this.#wire = wire;
    this.#options = options;
  }

  get status(): BusStatus {
    return this.#status.value;
  }

  onStatus(listener: (status: BusStatus) => void): () => void {
    return this.#status.listen(listener);
  }

  async publish(topic: string, payload: Payload, options?: PublishOptions): Promise<void> {
    if (!this.#isDeaf) await this.#link?.publish(topic, payload, options);
  }

  async subscribe(filter: string, hear: (message: BusMessage) => void): Promise<Subscription> {
    const ear: Ear = {
      filter,
      hear,
      [Symbol.asyncDispose]: async () => {
        this.#ears.delete(ear);
      },
    };
    this.#ears.set(ear, filter);
    this.#listen(ear);
    return ear;
  }

  async session(options: SessionOptions): Promise<Bus> {
    const session = new LooseSession(this.#wire, options);
    this.#wire.add(session);
    session.connect();
    return session;
  }

  async drain(): Promise<void> {
    this.#wire.remove(this);
    await this.#link?.drain();
    this.#status.set({ state: 'closed' });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  connect(): void {
    this.#isDeaf = false;
    this.#link = new MemoryBus(this.#wire.hub, this.#options?.will());
    for (const ear of this.#ears.keys()) this.#listen(ear);
    this.#status.set(connected);
    this.#options?.onConnect();
  }

  deafen(): void {
    this.#isDeaf = true;
  }

  break(): void {
    const link = this.#link;
    this.#link = undefined;
    this.#status.set({ state: 'disconnected', since: 0, reason: 'the wire broke' });
    void link?.[Symbol.asyncDispose]();
  }

  #listen(ear: Ear): void {
    const link = this.#link;
    void link?.subscribe(ear.filter, (message) => {
      if (!this.#isDeaf && this.#link === link) ear.hear(message);
    });
  }
}
