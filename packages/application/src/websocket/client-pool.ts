import { type Access, Problem, type Timer } from '@thingtalk/core';
import { WebSocketServer } from 'ws';
import type { Upgrade } from '../http/upgrade.ts';
import { addressOf } from '../http/visit.ts';
import { Connection, type ConnectionContext, closeCodes, type Session } from './connection.ts';
import { webThingProtocol } from './web-thing-protocol.ts';

/** How the WebSocket door is doing. */
export interface WebSocketStats {
  readonly clients: number;
  /** Changes that lagging clients did not get, since a later one of the same property waited. */
  readonly conflated: number;
}

/** What is to be done when something becomes of a client. */
export interface PoolListener {
  /** What it may do may have changed. */
  onChange(connection: Connection): void;
  /** It is gone. */
  onLeave(connection: Connection): void;
}

/** All clients: lets them in, asks them for signs of life, says goodbye. */
export class ClientPool {
  readonly #context: ConnectionContext;
  readonly #server: WebSocketServer;
  readonly #connections = new Set<Connection>();
  /** How many clients each principal has; those who may do everything are not counted. */
  readonly #counts = new Map<string, number>();
  readonly #listener: PoolListener;
  #conflatedOfGone = 0;
  #draining: PromiseWithResolvers<void> | undefined;
  #timer: Timer;

  constructor(context: ConnectionContext, listener: PoolListener) {
    this.#context = context;
    this.#listener = listener;
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

  /**
   * Shakes hands with a client and opens its session.
   *
   * @throws {@link Problem} `overloaded`, `too-many-requests`
   */
  admit(upgrade: Upgrade, access: Access, open: (connection: Connection) => Session): void {
    this.#checkRoom(access);
    const { request, socket, head } = upgrade;
    const address = addressOf(request);
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      const connection = new Connection(ws, socket, this.#context, { access, address });
      this.#connections.add(connection);
      if (!access.isUnlimited) this.#count(access, 1);
      const stop = this.#follow(connection);
      connection.open(open(connection), () => {
        stop();
        this.#leave(connection);
      });
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

  #checkRoom({ isUnlimited, principal }: Access): void {
    if (this.#draining) throw new Problem('overloaded', 'the server is shutting down');
    const { clients, clientsOfOne } = this.#context.limits;
    if (this.#connections.size >= clients) {
      throw new Problem(
        'overloaded',
        `${clients} clients are connected, which is all there may be`,
      );
    }
    if (isUnlimited || (this.#counts.get(principal.id) ?? 0) < clientsOfOne) return;
    throw new Problem(
      'too-many-requests',
      `${principal.name} has ${clientsOfOne} sockets open, which is all one may have`,
    );
  }

  #count({ principal }: Access, more: number): void {
    const count = (this.#counts.get(principal.id) ?? 0) + more;
    if (count > 0) this.#counts.set(principal.id, count);
    else this.#counts.delete(principal.id);
  }

  /** Ends what a client may no longer do. Returns how to stop. */
  #follow(connection: Connection): () => void {
    const { access } = connection;
    const stops = [
      access.onChange(() => this.#listener.onChange(connection)),
      access.onEnd(({ detail }) => connection.close(closeCodes.accessEnded, detail)),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  #leave(connection: Connection): void {
    this.#connections.delete(connection);
    this.#conflatedOfGone += connection.conflated;
    if (!connection.access.isUnlimited) this.#count(connection.access, -1);
    this.#listener.onLeave(connection);
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
