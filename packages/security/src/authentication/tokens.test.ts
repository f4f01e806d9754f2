import { expect, test } from 'vitest';
import { AuthenticationWorld, goodPassword } from './testing-world.ts';

const day = 86_400_000;

async function withToken(more: object = {}) {
  const world = await AuthenticationWorld.open();
  const { id } = await world.parts.people.create({ name: 'ann', password: goodPassword }, 'test');
  const expires = world.clock.now() + 30 * day;
  const made = await world.parts.tokens.create({ principal: id, name: 'ci', expires, ...more }, id);
  const bearer = { headers: { authorization: `Bearer ${made.text}` } };
  return { world, id, bearer, ...made, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test('a token acts for whom it was made for, whatever the case of the scheme', async () => {
  await using given = await withToken();
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    const headers = { authorization: `${scheme} ${given.text}` };
    const access = await given.world.parts.guard.admit(given.world.visit('GET', '/', { headers }));
    expect(access.principal).toEqual({ id: given.id, kind: 'person', name: 'ann' });
  }
});

test('a token that was seen before gives the same access at once', async () => {
  await using given = await withToken();
  const visit = given.world.visit('GET', '/things', given.bearer);
  const first = given.world.parts.guard.admit(visit);
  expect(first).not.toBeInstanceOf(Promise);
  expect(given.world.parts.guard.admit(visit)).toBe(first);
});

test('a token is kept as a hash, shown once, and listed without its secret', async () => {
  await using given = await withToken();
  const kept = JSON.stringify(await given.world.store.list('tokens'));
  expect(kept).not.toContain(given.text.slice(25));
  const { json } = await given.world.ask('GET', '/tokens', given.bearer);
  expect(json).toMatchObject([{ id: given.token.id, name: 'ci', lastUsed: expect.any(String) }]);
  expect(JSON.stringify(json)).not.toMatch(/hash|tt_pat/);
});

test('H7 a token is refused from the moment it expires', async () => {
  await using given = await withToken();
  expect(await given.world.ask('GET', '/session', given.bearer)).toMatchObject({ status: 200 });
  given.world.clock.tick(30 * day - 1);
  expect(await given.world.ask('GET', '/session', given.bearer)).toMatchObject({ status: 200 });
  given.world.clock.tick(1);
  const { problem } = await given.world.ask('GET', '/session', given.bearer);
  expect(problem?.status).toBe(401);
  expect(problem?.challenge).toContain('error="invalid_token"');
});

test('H10 a token is refused as soon as it is revoked, and what is open by it ends', async () => {
  await using given = await withToken();
  const access = await given.world.parts.guard.admit(given.world.visit('GET', '/', given.bearer));
  const ended: string[] = [];
  access.onEnd((why) => ended.push(why.name));
  const path = `/tokens/${given.token.id}`;
  expect(await given.world.ask('DELETE', path, given.bearer)).toMatchObject({ status: 204 });
  expect(ended).toEqual(['unauthenticated']);
  expect(await given.world.ask('GET', '/session', given.bearer)).toMatchObject({ status: 401 });
  expect(given.world.entries).toContainEqual(
    expect.objectContaining({ what: 'token.revoke', on: given.token.id, outcome: 'allowed' }),
  );
});

test('H10 all tokens of somebody who is disabled are refused at once', async () => {
  await using given = await withToken();
  await given.world.ask('GET', '/session', given.bearer);
  await given.world.parts.people.change(given.id, { isDisabled: true }, 'test');
  expect(await given.world.ask('GET', '/session', given.bearer)).toMatchObject({ status: 401 });
});

test('a token lives a year at most, and not at all when it is over already', async () => {
  await using given = await withToken();
  const { tokens } = given.world.parts;
  for (const life of [0, -1, 367 * day, Number.NaN, Number.POSITIVE_INFINITY]) {
    const expires = given.world.clock.now() + life;
    const wanted = { principal: given.id, name: 'x', expires };
    await expect(tokens.create(wanted, given.id)).rejects.toMatchObject({ status: 422 });
  }
});

test('H17 a token that is narrowed makes no other, and one that is not makes none that outlives it', async () => {
  await using whole = await withToken();
  const body = (days: number) => ({
    name: 'child',
    expires: new Date(whole.world.clock.now() + days * day).toISOString(),
  });
  const ask = (days: number, more: object) =>
    whole.world.ask('POST', '/tokens', { ...more, body: body(days) });
  expect(await ask(29, whole.bearer)).toMatchObject({
    status: 201,
    json: { token: expect.stringMatching(/^tt_pat_/) },
  });
  expect(await ask(31, whole.bearer)).toMatchObject({ status: 422 });
  await using narrow = await withToken({ scopes: [{ rights: ['read'] }] });
  const refused = await narrow.world.ask('POST', '/tokens', { ...narrow.bearer, body: body(1) });
  expect(refused).toMatchObject({ status: 403 });
});

test('H16 somebody else’s token is as absent as one that never was', async () => {
  await using given = await withToken();
  const { people, tokens } = given.world.parts;
  const bob = await people.create({ name: 'bob', password: goodPassword }, 'test');
  const expires = given.world.clock.now() + day;
  const theirs = await tokens.create({ principal: bob.id, name: 'x', expires }, bob.id);
  const there = await given.world.ask('DELETE', `/tokens/${theirs.token.id}`, given.bearer);
  const absent = await given.world.ask('DELETE', '/tokens/pat_none', given.bearer);
  expect(there.status).toBe(404);
  expect(there.problem?.detail.replace(theirs.token.id, 'pat_none')).toBe(absent.problem?.detail);
});

test('M3 M4 a token connects with client ids of its own or made up, and with none of somebody else', async () => {
  await using given = await withToken({ clientId: 'legacy-panel' });
  const { id } = given.token;
  const { guard, tokens } = given.world.parts;
  const { expires } = given.token;
  const another = { principal: given.id, name: 'other', expires, clientId: 'taken' };
  const { token: other } = await tokens.create(another, given.id);
  const connect = (clientId: string, more: object = {}) =>
    guard.identifyMqtt({
      ...{ username: '', password: given.text, clientId, isClean: true, address: '192.0.2.7' },
      ...more,
    });
  for (const own of ['', id, `${id}-2`, 'legacy-panel']) {
    for (const isClean of [true, false]) {
      expect(connect(own, { isClean })).toMatchObject({ principal: { id: given.id } });
    }
  }
  for (const username of ['ann', id, given.id]) expect(connect(id, { username })).toMatchObject({});
  for (const made of ['mqttjs_1a2b3c4d', 'aedes_2f9a', 'panel', 'patio', 'device1']) {
    expect(connect(made)).toMatchObject({ principal: { id: given.id } });
    expect(() => connect(made, { isClean: false })).toThrow('for a session that lasts');
  }
  for (const theirs of [
    ...[`${id}x`, 'pat_other', other.id, `${other.id}-1`, 'taken', 'pat#1', 'device_1', 'DEVICE_1'],
    ...['device', '\u0000', 'a\nb', 'x'.repeat(129)],
  ]) {
    expect(() => connect(theirs)).toThrow('client id');
  }
  expect(() => connect(id, { username: 'bob' })).toThrow('not of');
});

test('M2 a wrong password, a person’s own, and a token that is unknown do not connect, and are written down', async () => {
  await using given = await withToken();
  const flipped = `${given.text.slice(0, -1)}${given.text.endsWith('0') ? '1' : '0'}`;
  for (const password of ['guess', goodPassword, flipped, 'tt_pat_', 'x'.repeat(100_000)]) {
    const visit = { username: 'ann', password, clientId: '', isClean: true, address: '192.0.2.7' };
    expect(() => given.world.parts.guard.identifyMqtt(visit)).toThrow('no good credentials');
  }
  const denied = given.world.entries.filter(({ what }) => what === 'connect');
  expect(denied).toHaveLength(5);
  expect(JSON.stringify(denied)).not.toMatch(/guess|vlaqhpt|tt_pat_[a-z0-9]/);
});

test('M2 of a flood of wrong passwords an address gets sixty a minute written down', async () => {
  await using given = await withToken();
  for (let at = 0; at < 500; at++) {
    const visit = {
      username: '',
      password: `guess-${at}`,
      clientId: '',
      isClean: true,
      address: '192.0.2.7',
    };
    expect(() => given.world.parts.guard.identifyMqtt(visit)).toThrow();
  }
  expect(given.world.entries.filter(({ what }) => what === 'connect')).toHaveLength(60);
});

test('M1 whoever shows nothing over MQTT is anonymous', async () => {
  await using given = await withToken();
  const visit = { username: '', password: '', clientId: 'x', isClean: true, address: '192.0.2.7' };
  expect(given.world.parts.guard.identifyMqtt(visit)).toMatchObject({
    principal: { kind: 'anonymous' },
  });
});
