import { once } from 'node:events';
import { WebSocket } from 'ws';

/** A message as a test likes to compare it. */
export type Told = Readonly<Record<string, unknown>>;

/** A WebSocket client that hands over what it hears in order, and waits for it without sleeping. */
export class SocketClient implements AsyncDisposable {
  readonly ws: WebSocket;
  readonly #heard: Told[] = [];
  readonly #closed: Promise<number>;
  #wake: () => void = () => {};

  private constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on('message', (data: Buffer) => {
      this.#heard.push(JSON.parse(data.toString()) as Told);
      this.#wake();
    });
    this.#closed = new Promise((resolve) => {
      ws.on('close', (code) => {
        resolve(code);
        this.#wake();
      });
    });
  }

  /** Connects to `url`, with `token` where one is given, and speaks the Web Thing Protocol where `protocol` says so. */
  static async open(url: string, protocol?: string, token?: string): Promise<SocketClient> {
    const ws = new WebSocket(url, protocol ?? [], bearer(token));
    const client = new SocketClient(ws);
    await once(ws, 'open');
    // A server may close for good reasons; tests look at the code.
    ws.on('error', () => {});
    return client;
  }

  /** Resolves with the close code. */
  get closed(): Promise<number> {
    return this.#closed;
  }

  send(message: unknown): void {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next message, in the order of the wire. @throws when the socket closes before there is one. */
  async next(): Promise<Told> {
    for (;;) {
      const message = this.#heard.shift();
      if (message !== undefined) return message;
      if (this.ws.readyState === WebSocket.CLOSED) throw new Error('closed, and nothing was said');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next `count` messages. */
  async take(count: number): Promise<Told[]> {
    const taken: Told[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }

  /** The next message that `isWanted`, skipping others. */
  async until(isWanted: (message: Told) => boolean): Promise<Told> {
    for (;;) {
      const message = await this.next();
      if (isWanted(message)) return message;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ws.terminate();
    await this.#closed;
  }
}

function bearer(token: string | undefined) {
  return token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
}
