import { MemoryDocuments } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { AuthenticationWorld, goodPassword } from './testing-world.ts';

const hour = 3_600_000;
const own = { origin: 'https://hub.local', 'sec-fetch-site': 'same-origin' };

async function withAnn(documents?: MemoryDocuments) {
  const world = await AuthenticationWorld.open(documents);
  if (world.parts.people.isEmpty) {
    await world.parts.people.create({ name: 'ann', password: goodPassword }, 'test');
  }
  return world;
}

test('a page logs in by a cookie that no script reads and no other site sends', async () => {
  await using world = await withAnn();
  const { status, headers } = await world.ask('POST', '/session', {
    headers: own,
    body: { name: 'ann', password: goodPassword },
  });
  expect(status).toBe(204);
  expect(headers?.['set-cookie']).toMatch(
    /^__Host-thingtalk=tt_session_\w+; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure$/,
  );
  const cookie = headers?.['set-cookie']?.split(';', 1)[0] ?? '';
  expect(await world.ask('GET', '/session', { headers: { cookie } })).toMatchObject({
    json: { kind: 'person', name: 'ann', manages: false },
  });
});

test('without TLS pages log in on the gateway’s own machine only, by a cookie of another name', async () => {
  await using world = await withAnn();
  const body = { name: 'ann', password: goodPassword };
  const inTheClear = { body, isSecure: false };
  expect(await world.ask('POST', '/session', inTheClear)).toMatchObject({ status: 403 });
  const local = await world.ask('POST', '/session', { ...inTheClear, address: '127.0.0.1' });
  expect(local.headers?.['set-cookie']).toMatch(/^thingtalk-local=[^;]+; .*SameSite=Strict$/);
  const cookie = local.headers?.['set-cookie']?.split(';', 1)[0] ?? '';
  const ask = (more: object) => world.ask('GET', '/session', { headers: { cookie }, ...more });
  expect(await ask({ isSecure: false, address: '::1' })).toMatchObject({ status: 200 });
  expect(await ask({ isSecure: false })).toMatchObject({ status: 401 });
  expect(await ask({ isSecure: true })).toMatchObject({ status: 401 });
});

test('a session is over after twelve hours without a request, and after thirty days in any case', async () => {
  await using world = await withAnn();
  const headers = { cookie: await world.logIn('ann') };
  for (let at = 0; at < 65; at++) {
    expect(await world.ask('GET', '/tokens', { headers })).toMatchObject({ status: 200 });
    await world.clock.advance(11 * hour);
  }
  await world.clock.advance(5 * hour - 1);
  expect(await world.ask('GET', '/tokens', { headers })).toMatchObject({ status: 401 });
  const idle = { cookie: await world.logIn('ann') };
  await world.clock.advance(12 * hour);
  expect(await world.ask('GET', '/tokens', { headers: idle })).toMatchObject({ status: 401 });
});

test('a restart logs nobody out', async () => {
  const documents = new MemoryDocuments();
  let cookie = '';
  {
    await using before = await withAnn(documents);
    cookie = await before.logIn('ann');
  }
  await using after = await withAnn(documents);
  expect(await after.ask('GET', '/session', { headers: { cookie } })).toMatchObject({
    status: 200,
  });
});

test('logging out ends the session and what is open by it', async () => {
  await using world = await withAnn();
  const cookie = await world.logIn('ann');
  const access = await world.parts.guard.admit(world.visit('GET', '/', { headers: { cookie } }));
  const ended: string[] = [];
  access.onEnd((why) => ended.push(why.detail));
  const out = await world.ask('DELETE', '/session', { headers: { cookie, ...own } });
  expect(out.headers?.['set-cookie']).toMatch(/^__Host-thingtalk=; .*Max-Age=0/);
  expect(ended).toHaveLength(1);
  expect(await world.ask('GET', '/session', { headers: { cookie } })).toMatchObject({
    status: 401,
  });
});

test('a secret an hour old is replaced; the one before is good for what is under way, and then no more', async () => {
  await using world = await withAnn();
  const old = { cookie: await world.logIn('ann') };
  world.clock.tick(hour);
  const { headers } = await world.ask('GET', '/session', { headers: old });
  const fresh = { cookie: headers?.['set-cookie']?.split(';', 1)[0] ?? '' };
  expect(fresh.cookie).not.toBe(old.cookie);
  for (const one of [old, fresh]) {
    expect(await world.ask('GET', '/tokens', { headers: one })).toMatchObject({ status: 200 });
  }
  world.clock.tick(30_000);
  expect(await world.ask('GET', '/tokens', { headers: old })).toMatchObject({ status: 401 });
  expect(await world.ask('GET', '/tokens', { headers: fresh })).toMatchObject({ status: 200 });
});

test('logging in never continues a session that was there before', async () => {
  await using world = await withAnn();
  const planted = await world.logIn('ann');
  const body = { name: 'ann', password: goodPassword };
  const { headers } = await world.ask('POST', '/session', {
    headers: { cookie: planted, ...own },
    body,
  });
  expect(headers?.['set-cookie']).not.toContain(planted);
  const asked = await world.ask('GET', '/session', { headers: { cookie: planted } });
  expect(asked.status).toBe(401);
});

test.each([
  ['another origin', { origin: 'https://evil.example' }],
  ['another origin that begins alike', { origin: 'https://hub.local.evil.example' }],
  ['another scheme', { origin: 'http://hub.local' }],
  ['another port', { origin: 'https://hub.local:8443' }],
  ['no origin at all', {}],
  ['an opaque origin', { origin: 'null' }],
  ['another site by its own word', { origin: 'https://hub.local', 'sec-fetch-site': 'cross-site' }],
  ['a sister site', { 'sec-fetch-site': 'same-site' }],
])('H27 a cookie changes nothing for a request of %s', async (_, foreign) => {
  await using world = await withAnn();
  const cookie = await world.logIn('ann');
  const expires = new Date(world.clock.now() + hour).toISOString();
  const asking = { headers: { cookie, ...foreign }, body: { name: 'x', expires } };
  expect(await world.ask('POST', '/tokens', asking)).toMatchObject({ status: 403 });
  expect(world.parts.tokens.list()).toEqual([]);
  expect(world.entries.at(-1)).toMatchObject({ what: 'authenticate', outcome: 'denied' });
});

test('H15 another site logs nobody in', async () => {
  await using world = await withAnn();
  const body = { name: 'ann', password: goodPassword };
  const headers = { origin: 'https://evil.example' };
  expect(await world.ask('POST', '/session', { headers, body })).toMatchObject({ status: 403 });
});

test('W3 a cookie opens no WebSocket for a page of another origin', async () => {
  await using world = await withAnn();
  const cookie = await world.logIn('ann');
  const handshake = (origin: string) => ({ headers: { cookie, upgrade: 'websocket', origin } });
  expect(await world.ask('GET', '/session', handshake('https://evil.example'))).toMatchObject({
    status: 403,
  });
  expect(await world.ask('GET', '/session', handshake('https://hub.local'))).toMatchObject({
    status: 200,
  });
});

test('two cookies of the name are none: one was put there by somebody else', async () => {
  await using world = await withAnn();
  const cookie = `${await world.logIn('ann')}; __Host-thingtalk=planted`;
  expect(await world.ask('GET', '/session', { headers: { cookie } })).toMatchObject({
    status: 401,
  });
});

test('changing the password takes the old one, and logs out everywhere but here', async () => {
  await using world = await withAnn();
  const here = { cookie: await world.logIn('ann'), ...own };
  const there = { cookie: await world.logIn('ann') };
  const change = (old: string, wanted: string) =>
    world.ask('PUT', '/session/password', { headers: here, body: { old, new: wanted } });
  expect(await change('not the old one', 'another-vlaqhpt')).toMatchObject({ status: 403 });
  expect(await change(goodPassword, 'password123')).toMatchObject({ status: 422 });
  expect(await change(goodPassword, 'another-vlaqhpt')).toMatchObject({ status: 204 });
  expect(await world.ask('GET', '/session', { headers: here })).toMatchObject({ status: 200 });
  expect(await world.ask('GET', '/session', { headers: there })).toMatchObject({ status: 401 });
  await expect(world.logIn('ann')).rejects.toThrow('401');
  expect(await world.logIn('ann', 'another-vlaqhpt')).not.toBe('');
});

test('somebody has fifty sessions at most; the oldest make room', async () => {
  await using world = await withAnn();
  const first = { cookie: await world.logIn('ann') };
  for (let at = 0; at < 50; at++) {
    world.clock.tick(1);
    await world.logIn('ann');
  }
  expect(await world.store.list('sessions')).toHaveLength(50);
  expect(await world.ask('GET', '/session', { headers: first })).toMatchObject({ status: 401 });
});

test('H34 somebody unknown, somebody disabled and a wrong password are refused in the same words', async () => {
  await using world = await withAnn();
  const off = await world.parts.people.create({ name: 'off', password: goodPassword }, 'test');
  await world.parts.people.change(off.id, { isDisabled: true }, 'test');
  const answers = [];
  for (const [name, password] of [
    ['nobody', goodPassword],
    ['off', goodPassword],
    ['ann', 'wrong-password'],
  ] as const) {
    const { status, json, problem } = await world.ask('POST', '/session', {
      body: { name, password },
    });
    answers.push({ status, json, challenge: problem?.challenge });
  }
  expect(answers[0]?.status).toBe(401);
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
});

test('H34 logins are tried five times, then slowed down, whether or not there is somebody of the name', async () => {
  await using world = await withAnn();
  for (const [name, address] of [
    ['ann', '198.51.100.1'],
    ['nobody', '198.51.100.2'],
  ] as const) {
    const statuses = [];
    for (let at = 0; at < 6; at++) {
      const body = { name, password: `guess-${at}` };
      const { status, problem } = await world.ask('POST', '/session', { body, address });
      statuses.push(status);
      if (status === 429) expect(problem?.retryAfterSeconds).toBe(12);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  }
  expect(world.entries.filter(({ what }) => what === 'login')).toHaveLength(12);
});
