import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startHttpServer } from '@thingtalk/application';
import { RawClient } from '@thingtalk/broker/testing';
import { defineThing, Servient } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import { MemoryGuard } from '@thingtalk/core/testing';
import { Bonjour } from 'bonjour-service';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Cast } from '../support/cast.ts';
import { goodPassword, type SecuredWorld, startSecuredWorld } from '../support/secured-world.ts';
import { sendRaw } from './raw-http.ts';

// Attacks on a whole gateway, secured as it is by default; those on one door alone are beside this file.

const lampId = 'urn:dev:lantern';
const lamp = defineThing(
  lampId,
  { title: 'Lantern', properties: { on: { type: 'boolean' }, text: { type: 'string' } } },
  { initial: { on: true, text: '' } },
);

/** What whoever is known is answered: lists of nothing, what is about oneself, and what anybody may see. */
const forAnybody = [
  ...['GET /', 'GET /docs', 'GET /health', 'GET /openapi.json', 'GET /asyncapi.json'],
  ...['GET /things', 'GET /webthings', 'GET /events', 'GET /tokens', 'GET /consents'],
  ...['GET /session', 'DELETE /session', 'GET /login', 'POST /logout', 'GET /setup'],
  ...['POST /ws-ticket', 'GET /.well-known/oauth-authorization-server'],
  'GET /.well-known/oauth-protected-resource',
];

interface Recorded {
  readonly who: string;
  readonly what: string;
  readonly on?: string;
  readonly outcome: string;
}

/** What was refused to whom, oldest first. */
async function denied(world: SecuredWorld): Promise<readonly Recorded[]> {
  const path = '/audit?outcome=denied&limit=1000';
  const { entries } = await world.manage<{ entries: readonly Recorded[] }>('GET', path);
  return entries.toReversed();
}

/** Nothing was changed, and whoever may is served at every door. */
async function expectUnharmed(world: SecuredWorld): Promise<void> {
  expect(await world.manage('GET', `/things/${lampId}/properties/on`)).toBe(true);
  expect(await world.manage('GET', '/health')).toMatchObject({ status: 'up' });
  const protocols = ['webthingprotocol'];
  const headers = { authorization: `Bearer ${world.token}` };
  const socket = new WebSocket(`${world.base.replace('http', 'ws')}/ws`, protocols, { headers });
  await once(socket, 'open');
  socket.terminate();
  using client = await RawClient.open(world.mqttPort);
  const connect = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'nobody' };
  client.say(connect);
  expect((await client.hear('connack')).returnCode).toBe(5);
}

test('H26, H28: a foreign name and a foreign origin are answered nothing of the gateway', async () => {
  await using world = await startSecuredWorld([lamp]);
  const port = Number(new URL(world.base).port);
  const bearer = `authorization: Bearer ${world.token}\r\nconnection: close\r\n`;
  const path = `/things/${lampId}`;
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example']) {
    const answer = await sendRaw(port, `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${bearer}\r\n`);
    expect(answer, host).toMatch(/^HTTP\/1.1 421 /);
    expect(answer).not.toContain('Lantern');
  }
  const headers = { authorization: `Bearer ${world.token}`, origin: 'https://evil.example' };
  const read = await world.fetch(path, { headers });
  expect(read.headers.get('access-control-allow-origin')).toBeNull();
  const body = { method: 'PUT', headers: { ...headers, 'content-type': 'application/json' } };
  const written = await world.fetch(`${path}/properties/on`, { ...body, body: 'false' });
  expect(written.status).toBe(403);
  const form = await world.fetch('/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
    body: JSON.stringify({ name: 'root', password: goodPassword }),
  });
  expect([form.status, form.headers.get('set-cookie')]).toEqual([403, null]);
  await expectUnharmed(world);
});

test('H20: who may see little learns from no list, count, tag, page or figure what else there is', async () => {
  await using world = await startSecuredWorld([lamp]);
  const guest = await new Cast(world).guest();
  const ask = async (path: string) => {
    const answer = await world.fetch(path, { headers: guest.headers });
    return { status: answer.status, etag: answer.headers.get('etag'), text: await answer.text() };
  };
  const paths = ['/things', '/things?format=collection', '/webthings', '/openapi.json'];
  const before = await Promise.all(paths.map(ask));
  const more = defineThing('urn:dev:more', {
    title: 'More',
    properties: { x: { type: 'string' } },
  });
  await world.gateway.expose(more);
  await world.when('urn:dev:more');
  expect(await Promise.all(paths.map(ask))).toEqual(before);
  for (const { text } of before) expect(text).not.toMatch(/Lantern|urn:dev:(lantern|more)/);
  for (const path of ['/metrics', '/audit', '/people', '/tokens', '/grants', '/discovered']) {
    const { status, text } = await ask(path);
    expect([path, status === 403 || text === '[]']).toEqual([path, true]);
  }
  const search = await ask(`/search/jsonpath?query=${encodeURIComponent('$..title')}`);
  expect(search.text).toBe('[]');
  await expectUnharmed(world);
});

test('H19: who has no right changes nothing by any row, and sees nothing of the rest', async () => {
  await using world = await startSecuredWorld([lamp]);
  const guest = await new Cast(world).guest();
  const { paths } = await world.manage<{ paths: Record<string, Record<string, object>> }>(
    'GET',
    '/openapi.json',
  );
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
  );
  const done: string[] = [];
  for (const [method, path] of rows) {
    const target = path.replace('{id}', lampId).replaceAll(/\{\w+\}/g, 'on');
    const answer = await world.fetch(target, { method, headers: guest.headers });
    if (answer.ok) done.push(`${method} ${path}`);
    await answer.body?.cancel();
  }
  expect(rows.length).toBeGreaterThan(80);
  expect(done.toSorted()).toEqual(forAnybody.toSorted());
  const refused = (await denied(world)).filter(({ who }) => who === guest.identity.principal.id);
  for (const what of ['createPerson', 'createGrant', 'adoptDiscovered']) {
    expect(refused).toContainEqual(expect.objectContaining({ what }));
  }
  await expectUnharmed(world);
});

test('H31: no address in a description is ever asked: context, icon, form or schema', async () => {
  await using world = await startSecuredWorld([lamp]);
  const asked: (string | undefined)[] = [];
  const target = createServer((request, response) => {
    asked.push(request.url);
    response.end('{}');
  });
  target.listen(0, '127.0.0.1');
  await once(target, 'listening');
  const { port } = target.address() as { port: number };
  const at = (path: string) => `http://127.0.0.1:${port}/${path}`;
  const id = 'urn:dev:evil';
  const td = {
    ...{ '@context': ['https://www.w3.org/2022/wot/td/v1.1', { e: at('context') }], id },
    ...{ title: 'Evil', security: 'nosec_sc', base: at('base'), support: at('support') },
    securityDefinitions: { nosec_sc: { scheme: 'nosec' } },
    links: [
      { href: at('icon'), rel: 'icon' },
      { href: at('model'), rel: 'type' },
    ],
    schemaDefinitions: { s: { $ref: at('schema') } },
    properties: { p: { type: 'string', $ref: at('ref'), forms: [{ href: at('form') }] } },
  };
  const put = await world.ask('PUT', `/things/${id}`, td);
  expect([201, 400]).toContain(put.status);
  for (const path of [`/things/${id}`, '/things', `/things/${id}/properties/p`, '/openapi.json']) {
    await (await world.ask('GET', path)).text();
  }
  expect(asked).toEqual([]);
  target.close();
  await expectUnharmed(world);
});

test('M30: who forges an old boot, a count without end, or a death of yesterday changes nothing', async () => {
  await using world = await startSecuredWorld([lamp]);
  const id = 'urn:dev:own';
  const { mqtt } = await new Cast(world).device([id]);
  const { clientId = '', username = '', password = '' } = mqtt;
  const url = `mqtt://127.0.0.1:${world.mqttPort}`;
  await using bus = await MqttBus.connect(url, { clientId, username, password });
  await using servient = new Servient({ bus });
  const own = await servient.expose(
    defineThing(
      id,
      { title: 'Own', properties: { on: { type: 'boolean' }, n: { type: 'integer' } } },
      { initial: { on: true, n: 0 } },
    ),
  );
  await world.when(id, (thing) => thing.property('on') !== undefined && thing.liveness.online);
  using forger = await RawClient.open(world.mqttPort);
  const connect = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4 };
  forger.say({ ...connect, ...mqtt, clientId: `${clientId}:2` });
  expect((await forger.hear('connack')).returnCode).toBe(0);
  const [now, tomorrow] = [Date.now(), Date.now() + 2 * 86_400_000];
  const said = [
    ['values', { on: false, $: { e: 1, s: 9, t: now } }],
    ['values', { on: false, $: { e: now, s: 2 ** 53, t: now } }],
    ['values', { on: false, $: { e: tomorrow, s: 1, t: now } }],
    ['values', { on: false, $: { e: -1, s: -1, t: now } }],
    ['status', { online: false, $: { e: 1, c: 1 } }],
  ] as const;
  for (const [part, value] of said) {
    const packet = { cmd: 'publish', topic: `things/${id}/${part}`, qos: 1, messageId: 1 };
    forger.say({ ...packet, payload: JSON.stringify(value), retain: false, dup: false });
    await forger.hear('puback');
  }
  own.report('n', 1);
  const thing = await world.when(id, (one) => one.property('n')?.json === '1');
  expect([thing.property('on')?.json, thing.liveness.online]).toEqual(['true', true]);
  await expectUnharmed(world);
});

test('W15: a reader that reads nothing costs no more than it may, and others hear meanwhile', async () => {
  await using world = await startSecuredWorld();
  const thing = await world.gateway.expose(lamp);
  await world.when(lampId);
  const open = async () => {
    const headers = { authorization: `Bearer ${world.token}` };
    const url = `${world.base.replace('http', 'ws')}/webthings/${lampId}`;
    const socket = new WebSocket(url, { headers });
    await once(socket, 'open');
    return socket;
  };
  const slow = await open();
  slow.pause();
  const quick = await open();
  const rounds = 400;
  const last = new Promise<void>((resolve) => {
    quick.on('message', (data: Buffer) => {
      if (data.includes(`"${rounds} `)) resolve();
    });
  });
  for (let round = 1; round <= rounds; round++) {
    thing.report('text', `${round} ${'x'.repeat(100_000)}`);
    await new Promise(setImmediate);
  }
  await last;
  let heard = 0;
  slow.on('message', () => {
    heard++;
  });
  const ended = once(slow, 'close').then(() => 'closed');
  const newest = new Promise<string>((resolve) => {
    slow.on('message', (data: Buffer) => {
      if (data.includes(`"${rounds} `)) resolve('caught up');
    });
  });
  slow.resume();
  expect(['closed', 'caught up']).toContain(await Promise.race([ended, newest]));
  expect(heard).toBeLessThan(rounds);
  for (const socket of [slow, quick]) socket.terminate();
  await expectUnharmed(world);
});

test('T11: no secret is in a log, an error, a Thing Description, a figure, a setting, the record, or in the clear on disk', async () => {
  await using world = await startSecuredWorld([lamp], { logLevel: 'debug' });
  const cast = new Cast(world);
  const cookies = await cast.person();
  const members = [cookies, await cast.app(['read']), await cast.guest()];
  const device = await cast.device(['urn:dev:own']);
  const secrets = new Set([goodPassword, world.token]);
  for (const { headers, mqtt } of [...members, device]) {
    const shown = [headers.authorization?.slice('Bearer '.length), mqtt.password];
    for (const one of [...shown, headers.cookie?.split('=')[1]]) if (one) secrets.add(one);
  }
  const headers = { ...cookies.headers };
  const ticket = await world.fetch('/ws-ticket', { method: 'POST', headers });
  secrets.add(((await ticket.json()) as { ticket: string }).ticket);

  const canary = 'canary-4f1c2b7e9d';
  const told: string[] = [];
  const tell = async (answer: Response) => {
    told.push(await answer.text(), JSON.stringify([...answer.headers]));
  };
  const json = { 'content-type': 'application/json' };
  const login = (name: string, password: string) =>
    world.fetch('/session', {
      method: 'POST',
      headers: { ...json, origin: world.base },
      body: JSON.stringify({ name, password }),
    });
  await tell(await login('root', canary));
  await tell(await world.fetch('/things', { headers: { authorization: `Bearer ${canary}` } }));
  await tell(await world.fetch('/things', { headers: { authorization: `Basic ${canary}` } }));
  await tell(await world.fetch(`/things?access_token=${canary}`));
  await tell(await world.fetch(`/nothing?token=${canary}`));
  await tell(await world.fetch('/things', { headers: { cookie: `tt_session=${canary}` } }));
  await tell(await world.ask('POST', '/people', { name: 'x', password: canary, more: 1 }));
  await tell(await world.ask('POST', '/devices/claim', { token: canary, name: 'x' }));
  using client = await RawClient.open(world.mqttPort);
  const connect = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'c' };
  client.say({ ...connect, username: 'c', password: canary });
  expect((await client.hear('connack')).returnCode).toBe(5);
  const ws = new WebSocket(`${world.base.replace('http', 'ws')}/ws?ticket=${canary}`);
  ws.on('error', () => {});
  await once(ws, 'unexpected-response');
  ws.terminate();

  const pages = ['/', '/things', `/things/${lampId}`, '/openapi.json', '/asyncapi.json', '/health'];
  const lists = ['/metrics', '/people', '/tokens', '/guests', '/devices', '/apps', '/grants'];
  for (const path of [
    ...pages,
    ...lists,
    '/groups',
    '/consents',
    '/session',
    '/audit?limit=1000',
  ]) {
    await tell(await world.ask('GET', path));
  }
  expect((await denied(world)).length).toBeGreaterThan(5);
  secrets.add(canary);
  const { data } = world.gateway.settings;
  const files = readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
  const everything = {
    log: JSON.stringify(world.log),
    answers: told.join('\n'),
    settings: JSON.stringify(world.gateway.settings),
    disk: files.join('\n'),
  };
  expect(secrets.size).toBeGreaterThan(7);
  for (const [place, text] of Object.entries(everything)) {
    for (const secret of secrets) expect(text.includes(secret), `${place}: ${secret}`).toBe(false);
  }
  await expectUnharmed(world);
});

test('H33: who sends a head or a body drop by drop is cut off, and others are served meanwhile', async () => {
  const guard = new MemoryGuard();
  const timeouts = { headersMs: 200, requestMs: 400, keepAliveMs: 1_000 };
  await using server = await startHttpServer({ routes: [], guard, port: 0, timeouts });
  const slow = Array.from({ length: 50 }, async (_, at) => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    const head = 'GET / HTTP/1.1\r\nhost: a\r\n';
    socket.write(at % 2 === 0 ? head : `${head}content-length: 10\r\n\r\n1`);
    const drops = setInterval(() => socket.write('x'), 50);
    // A drop that comes too late is an error of its own, which `once` would take for the end.
    await new Promise<void>((resolve) => socket.resume().once('close', () => resolve()));
    clearInterval(drops);
  });
  expect((await fetch(`${server.base}/nothing`)).status).toBe(404);
  await Promise.all(slow);
  expect((await fetch(`${server.base}/nothing`)).status).toBe(404);
});

test('T14: who announces itself under the id of a Thing that is here does not take its place', async () => {
  const [name, ownName] = [crypto.randomUUID(), crypto.randomUUID()];
  await using world = await startSecuredWorld([lamp], { discovery: 'on', name: ownName });
  const form = { href: 'http://127.0.0.1:1/on', op: ['readproperty'] };
  const td = {
    ...{ '@context': 'https://www.w3.org/2022/wot/td/v1.1', id: lampId, title: 'Thief' },
    ...{ security: 'nosec_sc', securityDefinitions: { nosec_sc: { scheme: 'nosec' } } },
    properties: { on: { type: 'boolean', forms: [form] } },
  };
  const thief = createServer((_, response) => {
    response.setHeader('content-type', 'application/td+json').end(JSON.stringify(td));
  });
  thief.listen(0);
  await once(thief, 'listening');
  const { port } = thief.address() as { port: number };
  const network = new Bonjour();
  network.publish({ name, type: 'wot', port, txt: { td: '/td', type: 'Thing' } });
  const offers = () => world.manage<readonly { id: string; from: string }[]>('GET', '/discovered');
  const path = `/discovered/${encodeURIComponent(lampId)}/adopt`;
  const guest = await new Cast(world).guest();
  const adopted = await world.fetch(path, { method: 'POST', headers: guest.headers });
  expect(adopted.status).toBe(403);
  await expect
    .poll(offers, { timeout: 15_000 })
    .toContainEqual(expect.objectContaining({ from: name }));
  await world.ask('POST', path);
  const served = await world.manage<{ title: string }>('GET', `/things/${lampId}`);
  expect(served.title).toBe('Lantern');
  await new Promise<void>((resolve) => network.unpublishAll(() => resolve()));
  network.destroy();
  thief.close();
  await expectUnharmed(world);
});
