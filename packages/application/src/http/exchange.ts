import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { RouteReply } from '@thingtalk/core';

/** Takes a body piece by piece as it arrives, and `null` at its end. */
export type BodySink = (piece: Buffer | null) => void;

/** An answer that comes piece by piece, while it comes. */
export interface OpenStream {
  /** Settles when it is over, however it ended. */
  readonly over: Promise<void>;
  /** Ends it; what a slow reader has not taken by then is lost where `isCut`. */
  end(isCut?: boolean): void;
}

/** A request and the way back for its answer, whoever reads the one and writes the other. */
export interface Exchange {
  readonly method: string;
  /** Path and query, as they came. */
  readonly url: string;
  /** By name in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly socket: Socket;
  /** Whether all of the request has been read. */
  readonly isRead: boolean;
  /** Whether nobody is there any more to be answered. */
  readonly isGone: boolean;
  /** Hands the body to `sink`; what is cut short never ends. */
  receive(sink: BodySink): void;
  /** Calls `listener` once when the client has gone without its answer, or had gone before. */
  onGone(listener: () => void): void;
  /**
   * Answers, once.
   *
   * @param close whether the connection ends with this answer
   * @returns the answer, where it takes its time
   */
  send(reply: RouteReply, close: boolean): OpenStream | undefined;
}
