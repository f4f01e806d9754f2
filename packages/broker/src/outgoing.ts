import type { HubMessage } from '@thingtalk/core';

/** How a PUBLISH packet is marked. */
export interface Marks {
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly dup: boolean;
  /** Goes into the packet with QoS 1 and 2 only. */
  readonly messageId: number;
}

const plain: Marks = { qos: 0, retain: false, dup: false, messageId: 0 };

/** A message on its way to clients: whoever gets it with QoS 0 gets the very same bytes. */
export class Outgoing {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly isKept: boolean;
  readonly payload: Uint8Array;
  #plain: Buffer | undefined;
  #lasting: Outgoing | undefined;

  constructor(
    { topic, qos, isKept }: Pick<HubMessage, 'topic' | 'qos' | 'isKept'>,
    payload: Uint8Array,
  ) {
    this.topic = topic;
    this.qos = qos;
    this.isKept = isKept;
    this.payload = payload;
  }

  /** Length of topic and payload: what it counts for in queues. */
  get bytes(): number {
    return this.topic.length + this.payload.length;
  }

  /** The packet with QoS 0, not retained. */
  plain(): Buffer {
    this.#plain ??= encodePublish(this.topic, this.payload, plain);
    return this.#plain;
  }

  /** The packet with marks of one client's own. */
  marked(marks: Marks): Buffer {
    return encodePublish(this.topic, this.payload, marks);
  }

  /** The same, to be kept for long: a few bytes of a socket's chunk would hold the whole chunk. */
  lasting(): Outgoing {
    this.#lasting ??= new Outgoing(this, new Uint8Array(this.payload));
    return this.#lasting;
  }
}

/**
 * A PUBLISH packet.
 *
 * @see {@link https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html#_Toc398718037 | MQTT 3.1.1, 3.3}
 */
export function encodePublish(topic: string, payload: Uint8Array, marks: Marks): Buffer {
  const topicBytes = Buffer.byteLength(topic);
  const length = 2 + topicBytes + (marks.qos > 0 ? 2 : 0) + payload.length;
  const packet = Buffer.allocUnsafe(1 + varintBytes(length) + length);
  packet[0] = 0x30 | (marks.dup ? 8 : 0) | (marks.qos << 1) | (marks.retain ? 1 : 0);
  let at = writeVarint(packet, 1, length);
  at = packet.writeUInt16BE(topicBytes, at);
  at += packet.write(topic, at);
  if (marks.qos > 0) at = packet.writeUInt16BE(marks.messageId, at);
  packet.set(payload, at);
  return packet;
}

function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  return value < 0x20_0000 ? 3 : 4;
}

function writeVarint(packet: Buffer, at: number, value: number): number {
  let rest = value;
  let next = at;
  for (; rest >= 0x80; rest >>>= 7) packet[next++] = (rest & 0x7f) | 0x80;
  packet[next++] = rest;
  return next;
}

/** The step from the hub to the wire, shared by all clients: a message is encoded once, a tick's messages are sent together. */
export class Departures {
  #message: HubMessage | undefined;
  #outgoing: Outgoing | undefined;
  #waiting: Sender[] = [];

  /** The message as it leaves. Its listeners ask one after the other, so the latest is all there is to remember. */
  outgoing(message: HubMessage): Outgoing {
    if (this.#message !== message || this.#outgoing === undefined) {
      this.#message = message;
      this.#outgoing = new Outgoing(message, message.payload.bytes());
    }
    return this.#outgoing;
  }

  /** Lets `sender` send at the end of this tick, once for each call. */
  add(sender: Sender): void {
    if (this.#waiting.push(sender) === 1) setImmediate(this.#leave);
  }

  readonly #leave = (): void => {
    const leaving = this.#waiting;
    this.#waiting = [];
    this.#message = undefined;
    this.#outgoing = undefined;
    for (const sender of leaving) sender.send();
  };
}

/** Somebody who has something to send. */
export interface Sender {
  send(): void;
}
