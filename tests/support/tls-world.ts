import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { GatewayParts, GatewaySettings } from '@thingtalk/gateway';
import { type GatewayWorld, startGatewayWorld } from './gateway-world.ts';

/** A gateway behind TLS, and what it takes to knock at its doors. */
export interface TlsWorld extends GatewayWorld {
  /** File of its authority's certificate. */
  readonly caFile: string;
  readonly ca: string;
  readonly httpsPort: number;
  readonly mqttsPort: number;
  /** Begins a TLS connection to 127.0.0.1, as somebody who trusts the authority. */
  readonly tls: (port: number, options?: ConnectionOptions) => TLSSocket;
  /** Begins a plain connection. */
  readonly tcp: (port: number, localAddress?: string) => Socket;
}

/** Starts one, with an authority of its own; it keeps no more than that. */
export async function startTlsWorld(
  settings: Partial<GatewaySettings> = {},
  parts: GatewayParts = {},
): Promise<TlsWorld> {
  const quick = { httpPort: 0, mqttPort: 0, mqttTlsPort: 0, database: 'none' };
  const world = await startGatewayWorld({ ...quick, tlsMode: 'own', ...settings }, parts);
  const { gateway } = world;
  const caFile = join(gateway.settings.data, 'tls', 'ca.pem');
  const ca = await readFile(caFile, 'utf8');
  return {
    ...world,
    ...{ caFile, ca },
    httpsPort: Number(new URL(gateway.httpUrl).port),
    mqttsPort: Number(new URL(gateway.mqttUrl).port),
    tls: (port, options) => {
      const socket = connectTls({
        port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca,
        ...options,
      });
      return socket.on('error', () => {});
    },
    tcp: (port, localAddress = '127.0.0.1') => {
      const socket = connectTcp({ port, host: '127.0.0.1', localAddress });
      return socket.on('error', () => {});
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** How a handshake ended: with which version of TLS, or by which error. */
export async function outcomeOf(socket: TLSSocket): Promise<string> {
  const made = once(socket, 'secureConnect').then(() => String(socket.getProtocol()));
  const failed = new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('close', () => resolve('closed'));
  });
  const outcome = await Promise.race([made, failed]).catch((error: Error) => error.message);
  socket.destroy();
  return outcome;
}

/** All that comes on a connection until it ends. */
export async function textOf(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk;
  return text;
}
