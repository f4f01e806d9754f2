import { Problem, type Timer } from '@thingtalk/core';
import { WebSocketServer } from 'ws';
import type { Upgrade } from '../http/upgrade.ts';
import { Connection, type ConnectionContext, closeCodes, type Session } from './connection.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { webThingProtocol } from './web-thing-protocol.ts';

/** How the WebSocket door is doing. */
export interface WebSocketStats {
  readonly clients: number;
  /** Changes that lagging clients did not get, since a later one of the same property waited. */
  readonly conflated: number;
}

/** All clients: lets them in, asks them for signs of life, says goodbye. */
export class ClientPool {
  readonly #context: ConnectionContext;
  readonly #server: WebSocketServer;
  readonly #connections = new Set<Connection>();
  readonly #onLeave: (connection: Connection) => void;
  #conflatedOfGone = 0;
  #draining: PromiseWithResolvers<void> | undefined;
  #timer: Timer;

  /** @param onLeave called when a client is gone */
  constructor(context: ConnectionContext, onLeave: (connection: Connection) => void) {
    this.#context = context;
    this.#onLeave = onLeave;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: context.limits.messageBytes,
      autoPong: false,
      handleProtocols: chooseProtocol,
    });
    this.#timer = this.#nextCheck();
  }

  get stats(): WebSocketStats {
    let conflated = this.#conflatedOfGone;
    for (const connection of this.#connections) conflated += connection.conflated;
    return { clients: this.#connections.size, conflated };
  }

  /** Shakes hands with a client and opens its session, or refuses it over HTTP. */
  admit({ request, socket, head }: Upgrade, open: (connection: Connection) => Session): void {
    const refusal = this.#refusal();
    if (refusal) {
      refuseUpgrade(socket, refusal);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      const connection = new Connection(ws, socket, this.#context);
      this.#connections.add(connection);
      connection.open(open(connection), () => this.#leave(connection));
    });
  }

  /** Says goodbye to all (1001) and takes no new ones; resolves when all are gone. */
  async drain(): Promise<void> {
    this.#draining ??= Promise.withResolvers();
    this.#timer.cancel();
    for (const connection of this.#connections) {
      connection.close(closeCodes.goingAway, 'the server is shutting down');
    }
    if (this.#connections.size === 0) this.#draining.resolve();
    await this.#draining.promise;
  }

  #refusal(): Problem | undefined {
    if (this.#draining) return new Problem('overloaded', 'the server is shutting down');
    const { clients } = this.#context.limits;
    if (this.#connections.size < clients) return undefined;
    return new Problem('overloaded', `${clients} clients are connected, which is all there may be`);
  }

  #leave(connection: Connection): void {
    this.#connections.delete(connection);
    this.#conflatedOfGone += connection.conflated;
    this.#onLeave(connection);
    if (this.#connections.size === 0) this.#draining?.resolve();
  }

  #nextCheck(): Timer {
    return this.#context.clock.after(this.#context.limits.pingMs, () => {
      for (const connection of this.#connections) connection.checkAlive();
      this.#timer = this.#nextCheck();
    });
  }
}

/** Names of the webthings dialect in the handshake, from before it had none. */
const webthingsProtocols = ['webthing', 'webthings'];

function chooseProtocol(offered: ReadonlySet<string>): string | false {
  if (offered.has(webThingProtocol)) return webThingProtocol;
  return webthingsProtocols.find((name) => offered.has(name)) ?? false;
}
