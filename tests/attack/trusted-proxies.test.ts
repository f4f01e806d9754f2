import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import type { GatewaySettings } from '@thingtalk/gateway';
import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { counter } from '../support/counter.ts';
import {
  goodPassword,
  type SecuredGateway,
  startSecuredGateway,
} from '../support/secured-gateway.ts';

// A proxy stands before the gateway at 127.0.0.2, and is trusted; whoever else is on this machine comes from 127.0.0.1.

const [proxy, stranger] = ['127.0.0.2', '127.0.0.1'];
const settings: Partial<GatewaySettings> = {
  httpTrustedProxies: `${proxy}, 10.0.0.0/8`,
  httpNames: 'hub.example',
};

/** What a proxy says of somebody who came to it over TLS. */
const said = {
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'hub.example',
};

interface Asked {
  readonly from: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** Asks from one of this machine's addresses. */
async function ask(world: SecuredGateway, path: string, { from, method, headers, body }: Asked) {
  const url = new URL(path, world.gateway.httpUrl);
  url.hostname = '127.0.0.1';
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const json = body && { 'content-type': 'application/json' };
  const request = send(url, {
    ...{ method, localAddress: from, agent: false, ca: world.ca },
    headers: { ...json, ...headers },
  });
  request.end(body && JSON.stringify(body));
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

const wrong = { method: 'POST', body: { name: 'ada', password: 'wrong-password' } };

/** From where the gateway wrote down that somebody was refused, newest first. */
async function refusedFrom({ security }: SecuredGateway, what: string): Promise<readonly string[]> {
  const { entries } = await security.audit.query({ what, outcome: 'denied' });
  return entries.map(({ from }) => from);
}

test('whose address is written down is the one who asks, on the word of a trusted proxy alone', async () => {
  await using world = await startSecuredGateway(settings);
  await ask(world, '/session', { ...wrong, from: stranger, headers: said });
  await ask(world, '/session', { ...wrong, from: proxy, headers: said });
  const forged = { ...said, 'x-forwarded-for': '198.51.100.1, 203.0.113.10, 10.1.2.3' };
  await ask(world, '/session', { ...wrong, from: proxy, headers: forged });
  const forwarded = { forwarded: 'for=198.51.100.1, for="[2001:db8::7]:4711";proto=https' };
  await ask(world, '/session', { ...wrong, from: proxy, headers: forwarded });
  const from = await refusedFrom(world, 'login');
  expect(from).toEqual(['2001:db8::7', '203.0.113.10', '203.0.113.9', stranger]);
  const both = await ask(world, '/health', { from: proxy, headers: { ...said, ...forwarded } });
  expect(both.status).toBe(400);
});

test('a grant for a network is not got by saying that one is there', async () => {
  await using world = await startSecuredGateway(settings, { expose: [counter] });
  await world.when(counter.id);
  const bob = await world.let('bob');
  const { policy } = world.security;
  const grant = {
    who: { person: bob.id },
    on: { thing: counter.id },
    ops: ['read'],
    effect: 'allow',
    when: { network: ['203.0.113.0/24'] },
  };
  const made = await world.ask('/grants', {
    method: 'POST',
    token: world.admin.token,
    body: grant,
  });
  expect([made.status, policy.grants.list().length]).toEqual([201, 1]);
  const read = async (from: string, headers: Record<string, string>) => {
    const authorization = `Bearer ${bob.token}`;
    const path = `/things/${counter.id}/properties/level`;
    return (await ask(world, path, { from, headers: { ...headers, authorization } })).status;
  };
  expect(await read(stranger, said)).toBe(404);
  expect(await read(proxy, {})).toBe(404);
  expect(await read(proxy, { ...said, 'x-forwarded-for': '203.0.113.9, 198.51.100.1' })).toBe(404);
  expect(await read(proxy, said)).toBe(200);
});

test('limits count whoever asks: nobody gets more by making up addresses, and not all pay for one', async () => {
  await using world = await startSecuredGateway(settings);
  const logIn = async (from: string, address: string) => {
    const headers = { 'x-forwarded-for': address };
    return (await ask(world, '/session', { ...wrong, from, headers })).status;
  };
  for (let n = 0; n < 5; n++) expect(await logIn(stranger, `198.51.100.${n}`)).toBe(401);
  expect(await logIn(stranger, '198.51.100.99')).toBe(429);
  for (let n = 0; n < 5; n++) expect(await logIn(proxy, `198.51.100.${n}, 203.0.113.1`)).toBe(401);
  expect(await logIn(proxy, '198.51.100.99, 203.0.113.1')).toBe(429);
  expect(await logIn(proxy, '203.0.113.2')).toBe(401);
});

test('behind a proxy that ends TLS, cookies, addresses and HSTS are as the one who asks sees them', async () => {
  await using world = await startSecuredGateway({ ...settings, tlsMode: 'off' });
  const issuer = async (from: string, headers = {}) => {
    const path = '/.well-known/oauth-authorization-server';
    return JSON.parse((await ask(world, path, { from, headers })).body).issuer;
  };
  const { port } = new URL(world.gateway.httpUrl);
  expect(await issuer(proxy, said)).toBe('https://hub.example');
  expect(await issuer(stranger, said)).toBe(`http://127.0.0.1:${port}`);
  const elsewhere = { ...said, 'x-forwarded-host': 'evil.example' };
  expect((await ask(world, '/health', { from: proxy, headers: elsewhere })).status).toBe(421);
  expect((await ask(world, '/health', { from: stranger, headers: elsewhere })).status).toBe(200);

  const good = { method: 'POST', body: { name: 'ada', password: goodPassword } };
  const origin = { origin: 'https://hub.example' };
  const inside = await ask(world, '/session', {
    ...good,
    from: proxy,
    headers: { ...said, ...origin },
  });
  expect(inside.status).toBe(204);
  expect(inside.headers['set-cookie']?.[0]).toMatch(/^__Host-thingtalk=.*; Secure$/);
  expect(inside.headers['strict-transport-security']).toBeDefined();
  const outside = await ask(world, '/session', { ...good, from: stranger, headers: said });
  expect(outside.headers['set-cookie']?.[0]).toMatch(/^thingtalk-local=/);
  expect(outside.headers['strict-transport-security']).toBeUndefined();
  // Whoever came to the proxy in the clear gets no cookie.
  const clear = { ...said, 'x-forwarded-proto': 'http' };
  expect((await ask(world, '/session', { ...good, from: proxy, headers: clear })).status).toBe(403);
  const cookie = inside.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  const who = await ask(world, '/session', { from: proxy, headers: { ...said, cookie } });
  expect([who.status, JSON.parse(who.body).name]).toEqual([200, 'ada']);
});

test('MQTT over a WebSocket comes from whoever opened it', async () => {
  await using world = await startSecuredGateway(settings);
  const { port } = new URL(world.gateway.httpUrl);
  const connect = (from: string) =>
    connectAsync(`wss://127.0.0.1:${port}/mqtt`, {
      ...{ ca: world.ca, reconnectPeriod: 0, protocolVersion: 4, password: 'tt_pat_wrong' },
      ...{ username: 'x', wsOptions: { headers: said, localAddress: from } },
    });
  await expect(connect(stranger)).rejects.toThrow(/[Nn]ot authorized/);
  await expect(connect(proxy)).rejects.toThrow(/[Nn]ot authorized/);
  expect(await refusedFrom(world, 'connect')).toEqual(['203.0.113.9', stranger]);
});
