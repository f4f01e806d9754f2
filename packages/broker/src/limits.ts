/** What one client may ask of the broker. Every limit holds for TCP and WebSocket alike. */
export interface BrokerLimits {
  /** Longest packet, in bytes after its fixed header. Default 256 KiB. */
  readonly packetBytes: number;
  /** Subscriptions of one client. Default 100. */
  readonly subscriptions: number;
  /** New connections a second from one address; loopback is not counted. Default 20. */
  readonly connectionsPerSecond: number;
  /** How long a connection may take to say CONNECT, in milliseconds. Default 5,000. */
  readonly connectMs: number;
  /** What may wait to be sent to one client, in bytes; beyond it the connection is closed. Default 1 MiB. */
  readonly outgoingBytes: number;
  /** How long a client may leave what waits for it unread, in milliseconds, before it is closed. Default 5,000. */
  readonly stallMs: number;
  /** Messages that a lasting session may be owed; beyond it the session is given up whole. Default 10,000. */
  readonly sessionMessages: number;
  /** The same in bytes. Default 4 MiB. */
  readonly sessionBytes: number;
  /** Sessions whose client is away; beyond it the one that is away longest is given up. Default 200. */
  readonly sessions: number;
  /** Topics on which one owner may have something retained; nobody counts where everybody may do everything. Default 5,000. */
  readonly retainedTopics: number;
  /** The same in bytes. Default 16 MiB. */
  readonly retainedBytes: number;
}

/** The limits of a broker that was told nothing else. */
export const defaultLimits: BrokerLimits = {
  packetBytes: 256 * 1024,
  subscriptions: 100,
  connectionsPerSecond: 20,
  connectMs: 5_000,
  outgoingBytes: 1024 * 1024,
  stallMs: 5_000,
  sessionMessages: 10_000,
  sessionBytes: 4 * 1024 * 1024,
  sessions: 200,
  retainedTopics: 5_000,
  retainedBytes: 16 * 1024 * 1024,
};
