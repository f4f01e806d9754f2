import type { HubListener, HubMessage, MessageHub } from '@thingtalk/core';
import type { AedesPublishPacket } from 'aedes';

/** How Aedes hands a message to one subscription of one client; it calls back when the client has taken it. */
export type Deliver = (packet: AedesPublishPacket, done: () => void) => void;

const ignore = () => {};

/** One subscription of a client on the wire. */
class WireListener implements HubListener {
  readonly filter: string;
  readonly hear: (message: HubMessage) => void;
  active = true;

  constructor(filter: string, hear: (message: HubMessage) => void) {
    this.filter = filter;
    this.hear = hear;
  }
}

/**
 * Joins Aedes to the hub, in the place of its own emitter: subscriptions of clients stand in the hub's index beside those
 * of this process. So there is one order and one index, and a message that no client wants costs nothing on the wire.
 */
export class HubEmitter {
  readonly #hub: MessageHub;
  readonly #brokerId: string;
  readonly #nextCounter: () => number;
  readonly #listeners = new Map<Deliver, WireListener>();
  /** The message delivered last and its packet: it is made once for all subscribers. */
  #message: HubMessage | undefined;
  #packet: AedesPublishPacket | undefined;

  /** @param nextCounter Aedes' own count: by it a client with overlapping filters gets a message once. */
  constructor(hub: MessageHub, brokerId: string, nextCounter: () => number) {
    this.#hub = hub;
    this.#brokerId = brokerId;
    this.#nextCounter = nextCounter;
  }

  on(filter: string, deliver: Deliver, done: () => void = ignore): this {
    // Aedes tells itself about clients on `$SYS`; with one broker in one process nobody listens.
    if (!filter.startsWith('$')) {
      const listener = new WireListener(filter, (message) => {
        deliver(this.#packetOf(message), ignore);
      });
      this.#listeners.set(deliver, listener);
      // Aedes asks the persistence for what is retained, after its SUBACK and at the pace of the client.
      this.#hub.add(listener, { replay: false });
    }
    setImmediate(done);
    return this;
  }

  removeListener(_filter: string, deliver: Deliver, done: () => void = ignore): this {
    const listener = this.#listeners.get(deliver);
    if (listener !== undefined) {
      listener.active = false;
      this.#listeners.delete(deliver);
      this.#hub.remove(listener);
    }
    setImmediate(done);
    return this;
  }

  /** Nothing is left to do: {@link Doorkeeper} has published the message when Aedes comes here. */
  emit(_packet: AedesPublishPacket, done: () => void = ignore): this {
    done();
    return this;
  }

  close(done: () => void): this {
    setImmediate(done);
    return this;
  }

  #packetOf(message: HubMessage): AedesPublishPacket {
    if (this.#message !== message || this.#packet === undefined) {
      this.#message = message;
      this.#packet = {
        cmd: 'publish',
        brokerId: this.#brokerId,
        brokerCounter: this.#nextCounter(),
        topic: message.topic,
        payload: message.payload.bytes() as Buffer,
        qos: message.qos,
        retain: false,
        dup: false,
      };
    }
    return this.#packet;
  }
}
