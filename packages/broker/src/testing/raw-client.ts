import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';

/** A client for tests that says exactly what it is told, right or wrong. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  /** Resolves when the broker has ended the connection. */
  readonly ended: Promise<void>;
  readonly received: Packet[] = [];
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    const packets = parser();
    packets.on('packet', (packet) => {
      this.received.push(packet);
      this.#wake();
    });
    socket.on('data', (chunk) => packets.parse(chunk));
    socket.on('error', () => {});
    this.ended = new Promise((resolve) => {
      socket.once('close', () => {
        resolve();
        this.#wake();
      });
    });
  }

  /** Opens a connection and says nothing. */
  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Opens a connection and is let in. */
  static async join(port: number, clientId: string, more: object = {}): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.say({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId, ...more });
    await client.hear('connack');
    return client;
  }

  say(packet: object): void {
    this.socket.write(generate(packet as Packet));
  }

  /** Resolves with the first packet of a kind that has come or comes; throws when the connection ends first. */
  async hear<C extends Packet['cmd']>(cmd: C): Promise<Extract<Packet, { cmd: C }>> {
    for (;;) {
      const at = this.received.findIndex((packet) => packet.cmd === cmd);
      if (at >= 0) return this.received.splice(at, 1)[0] as Extract<Packet, { cmd: C }>;
      if (this.socket.closed) throw new Error(`the connection ended before ${cmd} came`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Subscribes, and resolves with what the broker grants. */
  subscribe(...filters: string[]): Promise<readonly unknown[]> {
    return this.subscribeAt(0, ...filters);
  }

  /** The same with a QoS. */
  async subscribeAt(qos: 0 | 1 | 2, ...filters: string[]): Promise<readonly unknown[]> {
    const subscriptions = filters.map((topic) => ({ topic, qos }));
    this.say({ cmd: 'subscribe', messageId: 1, subscriptions });
    return (await this.hear('suback')).granted;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
