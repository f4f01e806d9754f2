import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { run, type Terminal } from '@thingtalk/cli';
import type { JsonValue } from '@thingtalk/core';
import type { GatewayParts, GatewaySecurity, GatewaySettings } from '@thingtalk/gateway';
import { type NewToken, PasswordHasher } from '@thingtalk/security';
import { type GatewayWorld, startGatewayWorld } from './gateway-world.ts';

/** A password that no rule refuses. */
export const goodPassword = 'vlaqhpt-9-orkney';

/** Somebody who may log in, and a token of theirs. */
export interface Known {
  readonly id: string;
  readonly token: string;
}

/** A gateway with its security on, behind TLS that this process trusts. */
export interface SecuredGateway extends GatewayWorld {
  readonly security: GatewaySecurity;
  /** The set-up codes it has shown. */
  readonly codes: readonly string[];
  /** File of its authority's certificate. */
  readonly caFile: string;
  readonly ca: string;
  /** Asks over HTTPS, by a token where one is given. */
  readonly ask: (path: string, asking?: Asking) => Promise<Response>;
  /** Makes somebody with a token. */
  readonly let: (name: string, wanted?: Partial<NewToken>) => Promise<Known>;
  /** Runs a command line in this process, with a configuration directory of its own. */
  readonly thingtalk: (...args: string[]) => Promise<Ended>;
}

/** How something is asked for. */
export interface Asking extends Omit<RequestInit, 'body' | 'headers'> {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: JsonValue;
}

/** How a command ended, and what it said. */
export interface Ended {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

/** Hashing that tests do not wait for. */
const hasher = new PasswordHasher({ memory: 64, passes: 1, lanes: 1 });

/** Starts one that nobody has set up. */
export async function startUnclaimedGateway(
  settings: Partial<GatewaySettings> = {},
  parts: GatewayParts = {},
): Promise<SecuredGateway> {
  const codes: string[] = [];
  const showSetupCode = (code: string) => void codes.push(code);
  const world = await startGatewayWorld(
    { security: 'on', mqttTlsPort: 0, ...settings },
    { ...parts, security: { hasher, showSetupCode, ...parts.security } },
  );
  const { gateway } = world;
  const { data } = gateway.settings;
  const caFile = join(data, 'tls', 'ca.pem');
  const { protocol, port } = new URL(gateway.httpUrl);
  const ca = protocol === 'https:' ? await readFile(caFile, 'utf8') : '';
  if (ca !== '') setDefaultCACertificates([...getCACertificates('default'), ca]);
  const { security } = gateway;
  if (security === undefined) throw new Error('its security is not on');
  const { people, tokens } = security.authentication.door;
  // It may be moved while the test runs; this place stays one of its own.
  const url = `${protocol}//127.0.0.1:${port}`;
  return {
    ...world,
    ...{ security, codes, caFile, ca },
    ask(path, { token, body, headers, ...more } = {}) {
      const authorization = token && { authorization: `Bearer ${token}` };
      const json = body !== undefined && { 'content-type': 'application/json' };
      return fetch(url + path, {
        ...more,
        headers: { ...authorization, ...json, ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    },
    async let(name, wanted = {}) {
      const { id } = await people.create({ name, password: goodPassword }, 'test');
      const expires = Date.now() + 86_400_000;
      const token = { principal: id, name: 'test', expires, ...wanted };
      return { id, token: (await tokens.create(token, id)).text };
    },
    async thingtalk(...args) {
      const env = { THINGTALK_URL: url, XDG_CONFIG_HOME: data, THINGTALK_DATA: data };
      return runIn(env, args);
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** A gateway with its administrator. */
export interface AdministeredGateway extends SecuredGateway {
  readonly admin: Known;
}

/** Starts one that `ada` administers. */
export async function startSecuredGateway(
  settings: Partial<GatewaySettings> = {},
  parts: GatewayParts = {},
): Promise<AdministeredGateway> {
  const world = await startUnclaimedGateway(settings, parts);
  const [code = ''] = world.codes;
  const { setup, authentication } = world.security;
  const { id } = await setup.setUp({ code, name: 'ada', password: goodPassword, address: '' });
  const expires = (parts.clock?.now() ?? Date.now()) + 86_400_000;
  const { text: token } = await authentication.door.tokens.create(
    { principal: id, name: 'test', expires },
    id,
  );
  return { ...world, admin: { id, token } };
}

async function runIn(env: Record<string, string>, args: readonly string[]): Promise<Ended> {
  const out: string[] = [];
  const err: string[] = [];
  const plain = (text: string) => text;
  const terminal: Terminal = {
    ...{ env, isInteractive: false, interrupted: new AbortController().signal },
    style: { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain },
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
  };
  return { code: await run(args, terminal), out, err };
}
