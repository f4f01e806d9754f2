import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A PUBLISH packet, QoS 0, or QoS 1 with a packet identifier. @see MQTT 3.1.1, 3.3 */
export function publishPacket(
  topic: string,
  payload: string,
  { retain = false, identifier }: { retain?: boolean; identifier?: number } = {},
): Buffer {
  const name = Buffer.from(topic);
  const body = Buffer.from(payload);
  const identified = identifier === undefined ? [] : twoBytes(identifier);
  const length = 2 + name.length + identified.length + body.length;
  return Buffer.concat([
    Buffer.from([
      0x30 | (retain ? 1 : 0) | (identifier === undefined ? 0 : 2),
      ...remainingLength(length),
      ...twoBytes(name.length),
    ]),
    name,
    Buffer.from(identified),
    body,
  ]);
}

/** A SUBSCRIBE packet for one filter, at QoS 1. @see MQTT 3.1.1, 3.8 */
function subscribePacket(filter: string): Buffer {
  const name = Buffer.from(filter);
  const head = [0x82, ...remainingLength(5 + name.length), 0, 1, ...twoBytes(name.length)];
  return Buffer.concat([Buffer.from(head), name, Buffer.from([1])]);
}

const twoBytes = (value: number) => [value >> 8, value & 0xff];

/** The variable-length integer of MQTT 3.1.1, 2.2.3. */
function remainingLength(length: number): number[] {
  const bytes: number[] = [];
  let rest = length;
  do {
    const more = rest >= 128;
    bytes.push((rest % 128) | (more ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
}

/** How a publisher connects. */
export interface PublisherOptions {
  readonly lasting?: boolean;
  /** What it shows, where it has to. */
  readonly device?: { readonly id: string; readonly secret: string } | undefined;
}

/** A publisher made of a bare TCP socket. */
export class RawPublisher {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Connects without keepalive; `lasting` keeps the session, and all that is published for it. */
  static async open(
    port: number,
    clientId: string,
    { lasting = false, device }: PublisherOptions = {},
  ): Promise<RawPublisher> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    const flags = (lasting ? 0 : 2) | (device === undefined ? 0 : 0xc0);
    const fields = [clientId, ...(device ? [device.id, device.secret] : [])].map((text) => {
      const bytes = Buffer.from(text);
      return Buffer.concat([Buffer.from(twoBytes(bytes.length)), bytes]);
    });
    const body = Buffer.concat([
      Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, flags, 0, 0]),
      ...fields,
    ]);
    socket.write(Buffer.concat([Buffer.from([0x10, ...remainingLength(body.length)]), body]));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    if (answer[0] !== 0x20 || answer[3] !== 0) throw new Error(`CONNACK ${answer.toString('hex')}`);
    socket.resume();
    return new RawPublisher(socket);
  }

  /** Publishes with QoS 0. */
  publish(topic: string, payload: string, retain = false): void {
    this.#socket.write(publishPacket(topic, payload, { retain }));
  }

  /** Publishes packets made beforehand in one write; resolves when the kernel has room for more. */
  async write(packets: Buffer): Promise<void> {
    if (!this.#socket.write(packets)) await once(this.#socket, 'drain');
  }

  /** Subscribes at QoS 1; resolves when that is granted. */
  async subscribe(filter: string): Promise<void> {
    const granted = once(this.#socket, 'data');
    this.#socket.write(subscribePacket(filter));
    await granted;
  }

  /** Hears what the broker sends. */
  onData(hear: (bytes: Buffer) => void): void {
    this.#socket.on('data', hear);
  }

  close(): void {
    this.#socket.end(Buffer.from([0xe0, 0]));
  }
}
