import { once } from 'node:events';
import { RawClient } from '@thingtalk/broker/testing';
import { defineThing } from '@thingtalk/core';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Cast, type CastMember } from '../support/cast.ts';
import { goodPassword, type SecuredWorld, startSecuredWorld } from '../support/secured-world.ts';

// Attacks by somebody who is known and wants to be more: an administrator, or somebody else.

const lampId = 'urn:dev:lantern';
const lamp = defineThing(
  lampId,
  { title: 'Lantern', properties: { on: { type: 'boolean' } } },
  { initial: { on: true } },
);
const expires = new Date(Date.now() + 3_600_000).toISOString();

/** Asks as somebody. */
function asking(world: SecuredWorld, { headers }: Pick<CastMember, 'headers'>) {
  return async (method: string, path: string, body?: object) => {
    const answer = await world.fetch(path, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, text: await answer.text() };
  };
}

/** All that says who may do what; not when a device was last seen. */
async function state(world: SecuredWorld): Promise<string> {
  const paths = ['/people', '/groups', '/grants', '/guests', '/apps', '/devices', '/things'];
  const all = paths.map(async (path) => [path, await world.manage('GET', path)]);
  const text = JSON.stringify(await Promise.all(all), null, 1);
  return text.replace(/,\s*"seen": "[^"]*"/g, '');
}

/** What somebody tries who wants to be more than `self` is; `root` manages, `device` is another's. */
function tries(self: string, root: string, device: string) {
  const person = { name: 'mallory', password: goodPassword };
  const grant = { who: { person: self }, on: 'all', ops: ['manage'] };
  const token = { name: 'more', expires };
  return [
    ['POST', '/grants', grant],
    ['POST', '/grants', { ...grant, who: { anonymous: true } }],
    ['PUT', '/groups/admins', { name: 'Admins', members: [self] }],
    ['PUT', `/groups/admins/members/${self}`],
    ['DELETE', `/groups/admins/members/${root}`],
    ['POST', '/people', person],
    ['PATCH', `/people/${root}`, { password: goodPassword }],
    ['PATCH', `/people/${self}`, { isDisabled: false, groups: ['admins'] }],
    ['DELETE', `/people/${root}`],
    ['POST', '/tokens', { ...token, principal: root }],
    ['POST', '/tokens', { ...token, ...JSON.parse('{"__proto__":{"manages":true},"owner":"me"}') }],
    ['POST', '/guests', { name: 'door', expires }],
    ['POST', '/apps', { name: 'door', redirectUris: ['https://evil.example/back'] }],
    ['POST', '/devices/claims', {}],
    ['POST', `/devices/${device}/renew`],
    ['POST', `/devices/${device}/transfer`, { to: self }],
    ['DELETE', `/devices/${device}`],
    ['PUT', `/things/${lampId}/metadata`, { tags: ['mine'] }],
    ['PUT', '/things/urn:dev:new', { title: 'New' }],
    ['DELETE', `/things/${lampId}`],
    ['POST', `/things/${lampId}/forget`],
    ['POST', '/setup', { code: 'AAAAAAAA-AAAAAAAA', ...person }],
    ['GET', '/audit'],
    ['GET', '/metrics'],
    ['GET', `/policy/explain?who=${root}&right=read&thing=${lampId}`],
  ] as const;
}

test('H18, H19: nobody who is known makes more of themselves: person, app, device, guest, narrowed token', async () => {
  await using world = await startSecuredWorld([lamp]);
  const cast = new Cast(world);
  const { id: root } = await world.manage<{ id: string }>('GET', '/session');
  const narrowed = async (scopes: object) => {
    const { token } = await world.manage<{ token: string }>('POST', '/tokens', {
      ...{ name: 'narrow', expires, scopes: [scopes] },
    });
    const headers = { authorization: `Bearer ${token}` };
    return { label: 'narrowed token of root', identity: { principal: { id: root } }, headers };
  };
  const device = await cast.device(['urn:dev:fan']);
  const members = [
    ...[await cast.person(), await cast.service(), await cast.app(['manage', 'write'])],
    ...[await cast.guest(), await cast.device(['urn:dev:own'])],
    await narrowed({ rights: ['read', 'write', 'observe'] }),
  ];
  const before = await state(world);
  for (const member of members) {
    const ask = asking(world, member);
    const { id } = member.identity.principal;
    for (const [method, path, body] of tries(id, root, device.identity.principal.id)) {
      const { status } = await ask(method, path, body);
      const what = `${member.label}: ${method} ${path}`;
      expect([what, status >= 400 && status < 500]).toEqual([what, true]);
    }
  }
  expect(await state(world)).toBe(before);
  expect(await world.manage('GET', `/things/${lampId}/properties/on`)).toBe(true);
});

test('H18: a token that somebody makes for themselves may do what they may, whatever it asks for', async () => {
  await using world = await startSecuredWorld([lamp]);
  const person = await new Cast(world).person();
  const scopes = [{ rights: ['manage', 'read', 'write'] }];
  const made = await asking(world, person)('POST', '/tokens', { name: 'all', expires, scopes });
  expect(made.status).toBe(201);
  const headers = { authorization: `Bearer ${JSON.parse(made.text).token}` };
  const ask = asking(world, { headers });
  expect((await ask('GET', '/people')).status).toBe(403);
  expect((await ask('GET', `/things/${lampId}`)).status).toBe(404);
  expect((await ask('POST', '/tokens', { name: 'child', expires })).status).toBe(403);
});

test('H16: what is of somebody else is answered for as what is not there, in every list', async () => {
  await using world = await startSecuredWorld([lamp]);
  const cast = new Cast(world);
  const [person, device] = [await cast.person(), await cast.device(['urn:dev:fan'])];
  const guest = await cast.guest();
  const { id: root } = await world.manage<{ id: string }>('GET', '/session');
  const [token] = await world.manage<readonly { id: string }[]>('GET', '/tokens');
  const grant = await world.manage<{ id: string }>('POST', '/grants', {
    ...{ who: { person: root }, on: { thing: lampId }, ops: ['read'] },
  });
  const ask = asking(world, person);
  const rows: readonly [path: string, there: string, absent: string][] = [
    ['/people/', root, 'person_0000000000000000'],
    ['/devices/', device.identity.principal.id, 'device_0000000000000000'],
    ['/guests/', guest.identity.principal.id, 'guest_0000000000000000'],
    ['/tokens/', token?.id ?? '', 'pat_0000000000000000'],
    ['/grants/', grant.id, 'grant_00000000-0000-0000-0000-000000000000'],
    ['/groups/', 'admins', 'nobody'],
  ];
  for (const [path, there, absent] of rows) {
    for (const method of ['GET', 'DELETE', 'PATCH', 'PUT']) {
      const body = method === 'PATCH' || method === 'PUT' ? {} : undefined;
      const told = async (id: string) => {
        const { status, text } = await ask(method, path + id, body);
        return [method, path, status, text.replaceAll(id, 'ID')];
      };
      const answer = await told(there);
      expect(answer[2]).toBeGreaterThanOrEqual(400);
      expect(answer).toEqual(await told(absent));
    }
  }
  expect((await world.ask('GET', `/grants/${grant.id}`)).status).toBe(200);
});

test('M3: under whatever name, nobody takes the place or the session of somebody else, not even who manages', async () => {
  await using world = await startSecuredWorld([lamp]);
  const cast = new Cast(world);
  const [ann, bob] = [await cast.service(), await cast.service()];
  const device = await cast.device(['urn:dev:fan']);
  const enter = async (who: Readonly<Record<string, string>>, clientId: string, more = {}) => {
    const client = await RawClient.open(world.mqttPort);
    const head = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true };
    client.say({ ...head, ...who, clientId, ...more });
    const { returnCode, sessionPresent } = await client.hear('connack');
    return { client, returnCode, sessionPresent };
  };
  const manager = { username: 'root', password: world.token };
  const lasting = { clean: false };
  const own = `${ann.mqtt.clientId}-panel`;

  using first = (await enter(ann.mqtt, 'panel')).client;
  using second = (await enter(ann.mqtt, own, lasting)).client;
  for (const who of [bob.mqtt, manager]) {
    for (const name of ['panel', own, device.mqtt.clientId ?? '']) {
      expect([name, (await enter(who, name)).returnCode]).toEqual([name, 5]);
    }
  }
  for (const client of [first, second]) {
    client.say({ cmd: 'pingreq' });
    await client.hear('pingresp');
  }
  second.say({ cmd: 'disconnect' });
  first.say({ cmd: 'disconnect' });
  await Promise.all([first.ended, second.ended]);
  // Away, the session is still nobody else's; a name that was made up leaves none, and is anybody's.
  expect((await enter(bob.mqtt, own, lasting)).returnCode).toBe(5);
  expect((await enter(manager, own, lasting)).returnCode).toBe(5);
  expect((await enter(bob.mqtt, 'panel', lasting)).returnCode).toBe(5);
  using free = (await enter(bob.mqtt, 'panel')).client;
  free.say({ cmd: 'pingreq' });
  await free.hear('pingresp');
  const back = await enter(ann.mqtt, own, lasting);
  expect([back.returnCode, back.sessionPresent]).toEqual([0, true]);
  back.client[Symbol.dispose]();
});

test('W3: whoever is logged in, a page of another origin opens no socket with their cookie', async () => {
  await using world = await startSecuredWorld([lamp]);
  const person = await new Cast(world).person();
  const { cookie = '' } = person.headers;
  const outcome = async (path: string, headers: Record<string, string>) => {
    const socket = new WebSocket(`${world.base.replace('http', 'ws')}${path}`, { headers });
    socket.on('error', () => {});
    const opened = once(socket, 'open').then(() => 101);
    const refused = once(socket, 'unexpected-response').then(([, { statusCode }]) => statusCode);
    return Promise.race([opened, refused]).finally(() => socket.terminate());
  };
  for (const path of ['/ws', '/channel', `/things/${lampId}`, `/webthings/${lampId}`]) {
    for (const origin of ['https://evil.example', 'null', `${world.base}.evil.example`]) {
      expect([path, origin, await outcome(path, { cookie, origin })]).toEqual([path, origin, 403]);
    }
    expect([path, await outcome(path, { cookie })]).toEqual([path, 403]);
  }
  expect(await outcome('/ws', { cookie, origin: world.base })).toBe(101);
});
