import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type Audit,
  type Bus,
  type Clock,
  type Logger,
  MemoryBus,
  MessageHub,
  noAudit,
  type Payload,
  silentLogger,
  systemClock,
  Topics,
} from '@thingtalk/core';
import { Aedes } from 'aedes';
import { writeToStream } from 'mqtt-packet';
import { ConnectionRate } from './connection-rate.ts';
import { Doorkeeper } from './doorkeeper.ts';
import {
  type Door,
  type DoorTls,
  openTcpDoor,
  openTlsDoor,
  openWebSocketDoor,
  type Place,
  type Upgrade,
  WebSocketHandshakes,
} from './doors.ts';
import { EarlyComers } from './early-comers.ts';
import { type BrokerGuard, openDoor } from './guard.ts';
import { guardLengths } from './length-guard.ts';
import { type BrokerLimits, defaultLimits } from './limits.ts';
import { type HandshakeAddress, peerAddress } from './peer-address.ts';
import { SessionPersistence, silentEmitter } from './session-persistence.ts';

/** How a broker is to be. */
export interface BrokerOptions {
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Port for MQTT over TCP. Default 0: any free one. */
  readonly port?: number;
  /** Where it takes MQTT over TLS besides. Default: nowhere. */
  readonly secure?: Place & { readonly tls: DoorTls };
  /** Port for MQTT over WebSocket. Default: none of its own, see {@link Broker.handleUpgrade}. */
  readonly wsPort?: number;
  /** Default: everybody may do everything. */
  readonly guard?: BrokerGuard;
  /** Where it is written down who was refused what. Default: nowhere. */
  readonly audit?: Audit;
  readonly limits?: Partial<BrokerLimits>;
  /** Whose address a WebSocket is. Default: that of the other end of its socket. */
  readonly handshakeAddress?: HandshakeAddress | undefined;
  /** Until then it holds those who connect, and serves its own bus alone. Default: it serves them at once. */
  readonly opens?: Promise<void>;
  /** By which a retained command is told. Default: no prefix. */
  readonly topics?: Topics;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** The embedded broker: MQTT 3.1.1 over TCP and WebSocket, and a bus for this process. */
export interface Broker extends AsyncDisposable {
  /** The bus of this process. It meets the clients of the broker, and costs no wire where none of them listens. */
  readonly bus: Bus;
  /** `mqtt://127.0.0.1:1883` */
  readonly url: string;
  readonly mqttPort: number;
  /** `mqtts://127.0.0.1:8883`; `undefined` without TLS. */
  readonly secureUrl: string | undefined;
  readonly securePort: number | undefined;
  /** `ws://127.0.0.1:9001`; `undefined` without a port of its own. */
  readonly wsUrl: string | undefined;
  /** Keeps a message for those who subscribe later, as if it had been published before anybody listened. */
  keep(topic: string, payload: Payload): void;
  /** Takes a WebSocket handshake of another HTTP server. */
  handleUpgrade(upgrade: Upgrade): void;
  /** Takes MQTT over TLS at another address from now on, on the same port. What is connected stays connected. */
  moveTo(host: string): Promise<void>;
  /** Ends all connections, without their wills, and stops listening. */
  drain(): Promise<void>;
}

/**
 * Starts an embedded broker.
 *
 * @throws the system's error (`code` as `EADDRINUSE`) when it cannot listen.
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { host = '127.0.0.1', clock = systemClock, logger = silentLogger } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const onError = (error: unknown, { topic }: { topic: string }) =>
    logger.error({ error, topic }, 'a listener on the bus failed');
  const hub = new MessageHub({ onError });
  const doorkeeper = new Doorkeeper({
    ...{ hub, limits, clock, logger, handshakeAddress: options.handshakeAddress },
    guard: options.guard ?? openDoor,
    audit: options.audit ?? noAudit,
    topics: options.topics ?? new Topics(),
  });
  const aedes = await startAedes({ doorkeeper, limits, logger });
  const rate = new ConnectionRate(limits.connectionsPerSecond, clock);
  const handshakes = new WebSocketHandshakes(2 * limits.packetBytes);
  const early = options.opens && new EarlyComers(options.opens);

  const serve = (stream: Duplex, request?: IncomingMessage) =>
    aedes.handle(guardLengths(stream, limits.packetBytes), request);
  const take = (stream: Duplex, request?: IncomingMessage) => {
    const address = peerAddress({ stream, handshake: request }, options.handshakeAddress);
    if (!rate.admits(address)) stream.destroy();
    else if (early === undefined) serve(stream, request);
    else early.admit(stream, () => serve(stream, request));
  };
  const handleUpgrade = (upgrade: Upgrade) =>
    handshakes.accept(upgrade, (stream) => take(stream, upgrade.request));

  const doors: Door[] = [];
  const bus = new MemoryBus(hub);
  const drain = async () => {
    doorkeeper.close();
    const closed = doors.map((door) => door.close());
    early?.close();
    await new Promise<void>((resolve) => aedes.close(resolve));
    await Promise.all(closed);
    await bus.drain();
  };
  try {
    const tcp = await openTcpDoor({ host, port: options.port ?? 0 }, (stream) => take(stream));
    doors.push(tcp);
    let secure: Door | undefined;
    let secureHost = options.secure?.host;
    if (options.secure !== undefined) {
      const { tls, ...place } = options.secure;
      secure = await openTlsDoor(place, tls, (stream) => take(stream));
      doors.push(secure);
    }
    let wsUrl: string | undefined;
    if (options.wsPort !== undefined) {
      const door = await openWebSocketDoor({ host, port: options.wsPort }, handleUpgrade);
      doors.push(door);
      wsUrl = `ws://${urlHost(host)}:${door.port}`;
    }
    return {
      ...{ bus, wsUrl, handleUpgrade, drain },
      keep: (topic, payload) => hub.retained.set(topic, payload),
      securePort: secure?.port,
      get secureUrl() {
        return secure && `mqtts://${urlHost(secureHost ?? '')}:${secure.port}`;
      },
      async moveTo(other) {
        if (secure === undefined || other === secureHost) return;
        await secure.moveTo(other);
        secureHost = other;
      },
      url: `mqtt://${urlHost(host)}:${tcp.port}`,
      mqttPort: tcp.port,
      [Symbol.asyncDispose]: drain,
    };
  } catch (error) {
    // A port that is taken must not leave the broker's own timers behind: they would keep the process alive.
    await drain();
    throw error;
  }
}

interface AedesParts {
  readonly doorkeeper: Doorkeeper;
  readonly limits: BrokerLimits;
  readonly logger: Logger;
}

async function startAedes({ doorkeeper, limits, logger }: AedesParts) {
  // Aedes' encoder would make a buffer of each number up to 65,535 when the first client comes: 8 MB, to save two bytes each.
  writeToStream.cacheNumbers = false;
  const aedes = await Aedes.createBroker({
    persistence: new SessionPersistence(doorkeeper),
    mq: silentEmitter,
    connectTimeout: limits.connectMs,
    drainTimeout: limits.stallMs,
    ...doorkeeper.hooks,
  });
  doorkeeper.watch(aedes);
  aedes.on('clientError', (client, error) =>
    logger.info({ client: client.id, error: error.message }, 'an MQTT client is cut off'),
  );
  aedes.on('connectionError', (_client, error) =>
    logger.info({ error: error.message }, 'a connection is cut off before CONNECT'),
  );
  // Without a listener an 'error' would end the process.
  (aedes as NodeJS.EventEmitter).on('error', (error: unknown) =>
    logger.error({ error }, 'the broker failed'),
  );
  return aedes;
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
