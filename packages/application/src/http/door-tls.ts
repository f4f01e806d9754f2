import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { isIP } from 'node:net';
import type { TlsOptions, Server as TlsServer } from 'node:tls';
import { Problem } from '@thingtalk/core';
import { plainReply } from './plain-reply.ts';

/** TLS for a server: what it is made with, and who keeps it current and admits its handshakes. */
export interface DoorTls {
  readonly options: TlsOptions;
  /** @param plainAnswer what somebody is sent who does not speak TLS, before the connection ends */
  guard(server: TlsServer, plainAnswer: string): void;
  /** Ends the handshakes that have begun, for a server that closes. */
  endHandshakes(): void;
}

/** Makes a server of HTTPS or, without `tls`, of HTTP. */
export function openServer(options: ServerOptions, tls: DoorTls | undefined): Server {
  if (tls === undefined) return createServer(options);
  const server = createSecureServer({ ...options, ...tls.options });
  const problem = new Problem(
    'bad-request',
    'this port speaks HTTPS: begin the address with https://',
  );
  tls.guard(server, plainReply(problem));
  return server;
}

/**
 * Whether a browser may be told to use TLS alone from now on for what a Host header names. Never for addresses, which
 * RFC 6797 (8.1.1) leaves out, and never for names that other servers share: it holds for every port of a name.
 */
export function isStrictHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name.includes('.') && isIP(name) === 0 && !/^\[|(?:\.|^)local(?:host)?$/.test(name);
}
