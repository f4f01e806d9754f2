import { Listeners } from './listeners.ts';
import { type ConnectionStatus, type SocketSettings, ThingSocket } from './thing-socket.ts';

/** From what hurts most to what hurts least: the status of several sockets is that of the first found. */
const bySeverity = ['waiting', 'connecting', 'connected', 'idle', 'closed'] as const;

/**
 * The sockets of one client, one to each address.
 *
 * @see {@link https://w3c.github.io/web-thing-protocol/ | Web Thing Protocol, "WebSocket Re-use"}
 */
export class Sockets {
  readonly #settings: SocketSettings;
  readonly #sockets = new Map<string, ThingSocket>();
  readonly #listeners = new Listeners<ConnectionStatus>();
  #closed = false;

  constructor(settings: SocketSettings) {
    this.#settings = settings;
  }

  /** The socket to that address. */
  at(url: URL): ThingSocket {
    const known = this.#sockets.get(url.href);
    if (known !== undefined) return known;
    const socket = new ThingSocket(url.href, this.#settings);
    if (this.#closed) socket.close();
    socket.onStatus(() => this.#listeners.tell(this.status));
    this.#sockets.set(url.href, socket);
    return socket;
  }

  /** How they stand together: one that waits to reconnect outweighs those that are connected. */
  get status(): ConnectionStatus {
    if (this.#closed) return { state: 'closed' };
    const all = [...this.#sockets.values()].map(({ status }) => status);
    for (const state of bySeverity) {
      const found = all.find((status) => status.state === state);
      if (found !== undefined) return found;
    }
    return { state: 'idle' };
  }

  /** Calls `listener` at each change of {@link status}; returns how to stop. */
  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Closes all of them for good. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets.values()) socket.close();
  }
}
