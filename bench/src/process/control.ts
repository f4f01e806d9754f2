import { connect, type Socket } from 'node:net';
import type { Order, OrderAnswer } from '../servers/contract.ts';
import { onLines } from './lines.ts';

/** The suite's end of a server's control port. */
export class Control implements Disposable {
  readonly #socket: Socket;
  readonly #waiting: ((answer: OrderAnswer) => void)[] = [];

  /** @param port the `control` that the server printed */
  constructor(port: number) {
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    onLines(this.#socket, (line) => {
      this.#waiting.shift()?.(JSON.parse(line) as OrderAnswer);
    });
  }

  /** Gives an order and waits until it is carried out. */
  order(order: Order): Promise<OrderAnswer> {
    const { promise, resolve } = Promise.withResolvers<OrderAnswer>();
    this.#waiting.push(resolve);
    this.#socket.write(`${JSON.stringify(order)}\n`);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
