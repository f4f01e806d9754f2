import type { IncomingMessage } from 'node:http';

/** A client that is or wants to be connected. The object stays the same while its connection lasts. */
export interface Visitor {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
  /** Where it connects from; empty when its socket says nothing. */
  readonly address: string;
  /** The HTTP request its WebSocket began with; `undefined` over TCP. */
  readonly request: IncomingMessage | undefined;
}

/** Decides who may do what on the broker. Each answer but the first must come at once, since messages wait for it. */
export interface BrokerGuard {
  /** Whether it may come in. */
  connect(visitor: Visitor): boolean | Promise<boolean>;
  /** Whether it may publish to `topic`; asked of its will too, before it comes in. */
  publish(visitor: Visitor, topic: string): boolean;
  /** Whether everything that fits `filter` is its to hear; a filter that is wider than its rights is refused whole. */
  subscribe(visitor: Visitor, filter: string): boolean;
  /** Whether it may have this message; asked at each delivery, so that rights taken away end at once. */
  forward(visitor: Visitor, topic: string): boolean;
}

/** Lets everybody do everything. */
export const openDoor: BrokerGuard = {
  connect: () => true,
  publish: () => true,
  subscribe: () => true,
  forward: () => true,
};
