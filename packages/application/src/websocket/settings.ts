/** What one WebSocket client may cost. */
export interface WebSocketLimits {
  /** Largest message a client may send, in bytes. Default 256 KiB. */
  readonly messageBytes: number;
  /** What may wait for a client that lags, in bytes, before its values are conflated. Default 1 MiB. */
  readonly outboxBytes: number;
  /** Subscriptions of one client; all properties of a Thing count as one. Default 1,000. */
  readonly subscriptions: number;
  /** Requests of one client that are not answered yet. Default 256. */
  readonly pendingRequests: number;
  /** Clients in all. Default 20,000. */
  readonly clients: number;
  /** Clients of one principal; nobody counts where everybody may do everything. Default 200. */
  readonly clientsOfOne: number;
  /** How often a silent client is asked for a sign of life, in milliseconds; unanswered once, it is cut off. Default 30,000. */
  readonly pingMs: number;
  /** How long a client may take to say goodbye, in milliseconds. Default 2,000. */
  readonly closeMs: number;
}

/** What holds unless a setting says otherwise. */
export const defaultWebSocketLimits: WebSocketLimits = {
  messageBytes: 256 * 1024,
  outboxBytes: 1024 * 1024,
  subscriptions: 1_000,
  pendingRequests: 256,
  clients: 20_000,
  clientsOfOne: 200,
  pingMs: 30_000,
  closeMs: 2_000,
};
