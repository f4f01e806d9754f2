import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { onLines } from '../process/lines.ts';

/** What is shown at the doors of a server that is secured. */
export interface Credentials {
  /** Bearer tokens, each of somebody else, who may read, write and observe everything. */
  readonly tokens: readonly string[];
  /** The device that speaks for the meter. */
  readonly device: { readonly id: string; readonly secret: string };
}

/** What a server prints as its one line. */
export interface ServerLine {
  /** Where HTTP and WebSocket are answered. */
  readonly port: number;
  /** Where its broker listens, if it brings one. */
  readonly mqttPort?: number;
  /** Where it takes {@link Order}s. */
  readonly control: number;
  /** Left out where everybody may do everything. */
  readonly credentials?: Credentials;
  /** Every process that belongs to it: their processor time is added up. */
  readonly pids: readonly number[];
}

/** What a server may be told to do, as a line of JSON on its control port; it answers each with a line. */
export type Order =
  /** Give the first `count` properties of the panel this value, all in one tick. */
  | { readonly do: 'change'; readonly count: number; readonly value: number }
  /** Serve so many lamps. */
  | { readonly do: 'populate'; readonly count: number }
  /** Collect garbage, and say how much memory is held. */
  | { readonly do: 'memory' }
  /** Say how many Things are served. */
  | { readonly do: 'count' };

/** The answer to an {@link Order}; members that the order does not ask for are left out. */
export interface OrderAnswer {
  /** heapUsed + external, in bytes. */
  readonly bytes?: number;
  readonly count?: number;
}

/** What a server brings; what it leaves out it cannot do. */
export interface ServerParts {
  readonly port: number;
  readonly mqttPort?: number;
  readonly pids?: readonly number[];
  readonly credentials?: Credentials;
  readonly change?: (count: number, value: number) => void;
  readonly populate?: (count: number) => Promise<void> | void;
  readonly count?: () => number;
  readonly close?: () => Promise<void> | void;
}

/** Announces a server to the suite, obeys it, and leaves when standard input ends. */
export async function runServer(parts: ServerParts): Promise<void> {
  const control = createServer({ noDelay: true }, (socket) => {
    let last: Promise<unknown> = Promise.resolve();
    onLines(socket, (line) => {
      const order = JSON.parse(line) as Order;
      // One after another, also when they come in one packet.
      last = last
        .then(() => obey(parts, order))
        .then((answer) => socket.write(`${JSON.stringify(answer)}\n`));
    });
  });
  const line: ServerLine = {
    port: parts.port,
    ...(parts.mqttPort !== undefined && { mqttPort: parts.mqttPort }),
    ...(parts.credentials && { credentials: parts.credentials }),
    control: await listen(control),
    pids: [process.pid, ...(parts.pids ?? [])],
  };
  console.log(JSON.stringify(line));
  process.stdin.resume().on('end', () => {
    void Promise.resolve(parts.close?.()).finally(() => process.exit(0));
  });
}

async function obey(parts: ServerParts, order: Order): Promise<OrderAnswer> {
  switch (order.do) {
    case 'change':
      required(parts.change, order)(order.count, order.value);
      await turns(4);
      return {};
    case 'populate':
      await required(parts.populate, order)(order.count);
      return {};
    case 'memory':
      return { bytes: await heldBytes() };
    case 'count':
      return { count: required(parts.count, order)() };
  }
}

/** Lets the loop turn, so that one order's messages are written before the next is begun and never joined with it. */
async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve));
}

function required<T>(part: T | undefined, order: Order): T {
  if (part === undefined) throw new Error(`this server cannot ${order.do}`);
  return part;
}

/** Memory held after garbage collection; Node must run with `--expose-gc`. */
async function heldBytes(): Promise<number> {
  const { gc } = globalThis;
  if (!gc) throw new Error('start the server with --expose-gc');
  // Several times, with turns of the loop between: finalizers and weak references free in the next turn.
  for (let n = 0; n < 4; n++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Listens on a free loopback port and says which. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}
