import { once } from 'node:events';
import { type AuditEntry, Problem } from '@thingtalk/core';
import { MemoryGuard } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { everything } from '../support/guarded-broker.ts';
import { SocketClient } from '../support/socket-client.ts';
import { lamp, SocketWorld, WtpClient } from '../support/socket-world.ts';

// W4 (tickets that are used twice or too late) is in packages/security, where tickets are; W15 (a reader that is slow) in
// packages/application, beside the outbox that holds it to its limit.

const thing = lamp.id;

async function openWorld(limits: { readonly clientsOfOne?: number } = {}) {
  const guard = new MemoryGuard();
  const audit: AuditEntry[] = [];
  const world = await SocketWorld.open({
    guard,
    audit: { record: (entry) => void audit.push(entry) },
    limits,
  });
  guard.let('operator', everything);
  const wtp = async (token: string) =>
    new WtpClient(await SocketClient.open(world.url('/ws'), 'webthingprotocol', token));
  const webthings = (token: string) =>
    SocketClient.open(world.url(`/webthings/${thing}`), undefined, token);
  const channel = (token: string) => SocketClient.open(world.url('/channel'), undefined, token);
  /** Whether somebody who may is still served. */
  const isHealthy = async () => {
    await using client = await wtp('operator');
    return (await client.ask('readproperty', { name: 'on' })).value === true;
  };
  const denied = () =>
    audit
      .filter(({ outcome }) => outcome === 'denied')
      .map(({ who, what, on = '' }) => `${who} ${what} ${on}`);
  return {
    ...{ world, guard, audit, wtp, webthings, channel, isHealthy, denied },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** The status with which a handshake is refused. */
async function refusal(url: string, headers: Record<string, string> = {}) {
  const ws = new WebSocket(url, { headers });
  ws.on('error', () => {});
  const [, response] = await once(ws, 'unexpected-response');
  response.resume();
  return response.statusCode;
}

test.each(['/ws', '/channel', `/things/${thing}`, `/webthings/${thing}`])(
  'W1, W2: %s is closed to whoever shows nothing, something wrong, or a token in the address',
  async (path) => {
    await using it = await openWorld();
    const url = it.world.url(path);
    expect(await refusal(url)).toBe(401);
    expect(await refusal(url, { authorization: 'Bearer guessed' })).toBe(401);
    expect(await refusal(`${url}?access_token=operator`)).toBe(401);
    expect(it.world.door.stats.clients).toBe(0);
    // Wrong credentials are written down by the guard.
    expect(it.denied()).toEqual(new Array(2).fill(`anonymous websocket ${path}`));
    expect(await it.isHealthy()).toBe(true);
  },
);

test('W3: a page of another origin opens no socket, whoever is logged in', async () => {
  await using it = await openWorld();
  const headers = { authorization: 'Bearer operator', origin: 'https://evil.example' };
  expect(await refusal(it.world.url('/ws'), headers)).toBe(403);
  expect(it.world.door.stats.clients).toBe(0);
  expect(await it.isHealthy()).toBe(true);
});

test('W5: what may not be heard of is refused, and what is not seen is as what is not there', async () => {
  await using it = await openWorld();
  it.guard.let('ann', [{ right: 'observe', thing, affordance: 'on' }]);
  it.guard.let('bob', [{ right: 'read', thing, affordance: 'on' }]);
  it.guard.let('eve', [{ right: 'observe', thing: 'urn:dev:another' }]);
  await using bob = await it.wtp('bob');
  for (const [operation, members] of [
    ['observeproperty', { name: 'on' }],
    ['observeallproperties', {}],
    ['subscribeallevents', {}],
  ] as const) {
    expect((await bob.ask(operation, members)).error).toMatchObject({ status: 403 });
  }
  await using ann = await it.wtp('ann');
  const absent = { name: 'nothing' };
  const unseen = await ann.ask('observeproperty', { name: 'brightness' });
  expect(unseen.error).toMatchObject({ status: 404 });
  expect((await ann.ask('observeproperty', absent)).error).toMatchObject({ status: 404 });
  await using eve = await it.wtp('eve');
  const hidden = (await eve.ask('readallproperties')).error as { detail: string };
  const missing = (await eve.ask('readallproperties', { thingID: 'urn:none' })).error as {
    detail: string;
  };
  expect(hidden.detail.replace(thing, '')).toBe(missing.detail.replace('urn:none', ''));
  expect(await refusal(it.world.url(`/webthings/${thing}`), { authorization: 'Bearer eve' })).toBe(
    404,
  );
  expect(it.denied()).toEqual([
    `person_bob observeproperty ${thing} on`,
    `person_bob observeallproperties ${thing}`,
    `person_bob subscribeallevents ${thing}`,
  ]);
  expect(await it.isHealthy()).toBe(true);
});

test('W6: who hears of all hears of what it may, and of what it may later', async () => {
  await using it = await openWorld();
  const on = { right: 'observe', thing, affordance: 'on' } as const;
  const ann = it.guard.let('ann', [on]);
  await using client = await it.wtp('ann');
  await using plain = await it.webthings('ann');
  await using channel = await it.channel('ann');
  channel.send({ messageType: 'subscribe', data: { thing_ids: [thing] } });
  await client.ask('observeallproperties');
  it.world.thing.report('brightness', 1);
  it.world.thing.report('on', false);
  expect(await client.heard()).toMatchObject({ name: 'on' });
  expect(await plain.next()).toMatchObject({ data: { on: false } });
  expect(await channel.next()).toMatchObject({ data: { on: false } });
  ann.change([on, { ...on, affordance: 'brightness' }]);
  it.world.thing.report('brightness', 2);
  expect(await client.heard()).toMatchObject({ name: 'brightness', value: 2 });
  expect(await plain.next()).toMatchObject({ data: { brightness: 2 } });
  expect(await channel.next()).toMatchObject({ data: { brightness: 2 } });
});

test('W7: a right that is taken away ends its subscription with a word, before the next message', async () => {
  await using it = await openWorld();
  const ann = it.guard.let('ann', [{ right: 'observe', thing }]);
  await using client = await it.wtp('ann');
  await using plain = await it.webthings('ann');
  await client.ask('observeproperty', { name: 'on' });
  await client.ask('observeproperty', { name: 'brightness' });
  ann.change([{ right: 'observe', thing, affordance: 'brightness' }]);
  it.world.thing.report('on', false);
  it.world.thing.report('brightness', 1);
  expect(await client.socket.next()).toMatchObject({ name: 'on', error: { status: 403 } });
  expect(await client.socket.next()).toMatchObject({ name: 'brightness', value: 1 });
  expect(await plain.next()).toMatchObject({ data: { brightness: 1 } });
  ann.change([]);
  expect(await plain.closed).toBe(4403);
  expect(await client.socket.next()).toMatchObject({ error: { status: 404 } });
});

test.each([
  ['W7: revoked', 'the token was taken back'],
  ['W8: expired', 'the token has expired'],
])('%s credentials close every socket with 4401 and the reason', async (_, why) => {
  await using it = await openWorld();
  const ann = it.guard.let('ann', everything);
  await using client = await it.wtp('ann');
  await using plain = await it.webthings('ann');
  const closing = once(client.socket.ws, 'close');
  ann.end(new Problem('unauthenticated', why));
  it.world.thing.report('on', false);
  expect(await client.socket.closed).toBe(4401);
  expect(await plain.closed).toBe(4401);
  expect(String((await closing)[1])).toBe(why);
  await expect(client.socket.next()).rejects.toThrow();
});

test('W9, W10: what may not be written or done is not, in any dialect', async () => {
  await using it = await openWorld();
  it.guard.let('ann', [
    { right: 'read', thing },
    { right: 'write', thing: 'urn:dev:another' },
    { right: 'invoke', thing: 'urn:dev:another' },
  ]);
  await using client = await it.wtp('ann');
  await using plain = await it.webthings('ann');
  await using channel = await it.channel('ann');
  const write = await client.ask('writeproperty', { name: 'on', value: false });
  expect(write.error).toMatchObject({ status: 403 });
  const input = { brightness: 1, duration: 1 };
  const action = await client.ask('invokeaction', { name: 'fade', input });
  expect(action.error).toMatchObject({ status: 404 });
  plain.send({ messageType: 'setProperty', data: { on: false } });
  expect(await plain.next()).toMatchObject({ messageType: 'error' });
  const topic = `things/${thing}`;
  channel.send({ topic, messageType: 'setProperty', data: { on: false } });
  expect(await channel.next()).toMatchObject({ messageType: 'error' });
  expect(it.denied()).toEqual([
    `person_ann writeproperty ${thing} on`,
    `person_ann writemultipleproperties ${thing}`,
    `person_ann writemultipleproperties ${thing}`,
  ]);
  expect(it.world.things.queryActions(thing)).toEqual([]);
  expect(await it.isHealthy()).toBe(true);
});

test.each([
  ['W11: a frame of 1 MiB and one byte', 'x'.repeat(1024 * 1024 + 1), 1009],
  ['W14: text that is no UTF-8', Buffer.from([0xc0, 0xaf]), 1007],
])('%s closes its socket', async (_, data, code) => {
  await using it = await openWorld();
  await using client = await it.wtp('operator');
  client.socket.ws.send(data, { binary: false });
  expect(await client.socket.closed).toBe(code);
  expect(await it.isHealthy()).toBe(true);
});

test('W12, W13: floods of fragments and pings stay within the limits, and nothing is compressed', async () => {
  await using it = await openWorld();
  await using client = await it.wtp('operator');
  const { ws } = client.socket;
  expect(ws.extensions).toBe('');
  for (let n = 0; n < 1_000; n++) ws.ping();
  expect(await client.ask('readproperty', { name: 'on' })).toMatchObject({ value: true });
  for (let n = 0; n < 300; n++) ws.send('x'.repeat(1_024), { fin: false });
  expect(await client.socket.closed).toBe(1009);
  expect(await it.isHealthy()).toBe(true);
});

test('W16: who uses the ids of another gets its own answers, and the other gets its own', async () => {
  await using it = await openWorld();
  await using one = await it.wtp('operator');
  await using other = await it.wtp('operator');
  const ids = { messageID: crypto.randomUUID(), correlationID: 'same' };
  one.send('readproperty', { ...ids, name: 'on' });
  other.send('readproperty', { ...ids, name: 'brightness' });
  expect(await one.socket.next()).toMatchObject({ correlationID: 'same', value: true });
  expect(await other.socket.next()).toMatchObject({ correlationID: 'same', value: 50 });
});

test('W17: a payload that reaches for prototypes changes none', async () => {
  await using it = await openWorld();
  await using client = await it.wtp('operator');
  const members = '"messageType":"request","messageID":"a","operation":"writemultipleproperties"';
  client.socket.send(
    `{"thingID":"${thing}",${members},"__proto__":{"admin":true},"values":{"__proto__":{"on":1},"constructor":1}}`,
  );
  expect((await client.socket.next()).error).toMatchObject({ status: 400 });
  expect('admin' in {} || 'on' in {}).toBe(false);
  expect(await it.isHealthy()).toBe(true);
});

test('W18: one principal has no more sockets than one may, and room again when one closes', async () => {
  await using it = await openWorld({ clientsOfOne: 2 });
  it.guard.let('ann', everything);
  const first = await it.wtp('ann');
  await using _second = await it.wtp('ann');
  const headers = { authorization: 'Bearer ann' };
  expect(await refusal(it.world.url('/ws'), headers)).toBe(429);
  expect(it.denied()).toEqual(['person_ann websocket /ws']);
  expect(await it.isHealthy()).toBe(true);
  first.socket.ws.close();
  await first.socket.closed;
  await using _third = await it.wtp('ann');
});
