import type { IncomingMessage } from 'node:http';
import type { Problem } from '@thingtalk/core';

/** A client that wants to be connected. */
export interface Visitor {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
  /** Whether nothing is kept for it when it leaves (clean session). */
  readonly isClean: boolean;
  /** Where it connects from; empty when its socket says nothing. */
  readonly address: string;
  /** The HTTP request its WebSocket began with; `undefined` over TCP. */
  readonly request: IncomingMessage | undefined;
}

/** What one client may do on the broker, as it is at each call. Every answer comes at once, since messages wait for it. */
export interface BrokerRights {
  /** Who it is: a session belongs to its owner, and nobody else takes up a client id while the owner has it. */
  readonly owner: string;
  /** True for whom nothing is ever refused: then nothing is asked. */
  readonly isUnlimited: boolean;
  /** Changes whenever an answer may have changed. */
  readonly revision: number;
  /** Whether it may publish to `topic`; asked of its will too, before it comes in and when it is said. */
  mayPublish(topic: string): boolean;
  /** Whether everything that fits `filter` is its to hear; a filter that is wider than its rights is refused whole. */
  maySubscribe(filter: string): boolean;
  /** Whether it may have a message on `topic`: one of now, one that waited for it, or one that is retained. */
  mayReceive(topic: string): boolean;
  /** Calls `listener` after an answer may have changed. Returns how to stop. */
  onChange(listener: () => void): () => void;
  /** Calls `listener` once when it may do nothing more: its connection and its session end then. Returns how to stop. */
  onEnd(listener: (why: Problem) => void): () => void;
}

/** Decides who may come in, and what they may do. */
export interface BrokerGuard {
  /**
   * What a visitor may do; `undefined` for whom there is no place here.
   *
   * @throws {@link Problem} a refusal that is already on record, as of wrong credentials.
   */
  connect(visitor: Visitor): BrokerRights | undefined | Promise<BrokerRights | undefined>;
}

/** The rights of somebody who may do everything. */
export function openRights(owner: string): BrokerRights {
  return {
    owner,
    isUnlimited: true,
    revision: 0,
    mayPublish: () => true,
    maySubscribe: () => true,
    mayReceive: () => true,
    onChange: () => () => {},
    onEnd: () => () => {},
  };
}

/** Lets everybody do everything; a session belongs to whoever says the same user name. */
export const openDoor: BrokerGuard = {
  connect: ({ username = '' }) => openRights(username),
};
