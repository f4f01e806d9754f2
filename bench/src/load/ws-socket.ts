import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { FrameReader, maskedTextFrame } from './ws-frames.ts';

/** How a WebSocket is opened, and what makes it hear of changes. */
export interface SocketTarget {
  readonly port: number;
  readonly path: string;
  readonly protocol?: string | undefined;
  /** Bearer token, where one is needed. */
  readonly token?: string | undefined;
  /** Sent once after the handshake: the subscription, where the dialect has one. */
  readonly hello?: readonly string[] | undefined;
}

// All sockets of a process read into one buffer: nothing is allocated per read, and it is consumed before the next.
const shared = Buffer.alloc(256 * 1024);

/** A WebSocket client made of a bare TCP socket: as light as a client can be in Node. */
export class RawWebSocket {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Connects, shakes hands and says hello. */
  static open(
    target: SocketTarget,
    onText: (buffer: Buffer, start: number, end: number) => void,
  ): Promise<RawWebSocket> {
    return new Promise((resolve, reject) => {
      const reader = new FrameReader(onText);
      let head: string | undefined = '';
      const socket = connect({
        host: '127.0.0.1',
        port: target.port,
        noDelay: true,
        onread: {
          buffer: shared,
          callback: (length, buffer) => {
            const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, length);
            if (head === undefined) {
              reader.push(bytes);
              return true;
            }
            head += bytes.toString('latin1');
            const end = head.indexOf('\r\n\r\n');
            if (end < 0) return true;
            if (!head.startsWith('HTTP/1.1 101')) reject(new Error(`refused: ${head}`));
            const early = Buffer.from(head.slice(end + 4), 'latin1');
            head = undefined;
            const opened = new RawWebSocket(socket);
            for (const text of target.hello ?? []) opened.send(text);
            resolve(opened);
            reader.push(early);
            return true;
          },
        },
      });
      socket.on('error', reject);
      socket.write(handshake(target));
    });
  }

  send(text: string): void {
    this.#socket.write(maskedTextFrame(text));
  }

  close(): void {
    this.#socket.destroy();
  }
}

function handshake({ port, path, protocol, token }: SocketTarget): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...(token ? [`Authorization: Bearer ${token}`] : []),
    ...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
