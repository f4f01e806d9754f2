import { expect, test } from 'vitest';
import { AuthenticationWorld, goodPassword } from './testing-world.ts';

const hour = 3_600_000;

async function withLink() {
  const world = await AuthenticationWorld.open();
  const { id } = await world.parts.people.create({ name: 'ann', password: goodPassword }, 'test');
  world.managers.add(id);
  const headers = { cookie: await world.logIn('ann'), origin: 'https://hub.local' };
  const body = { name: 'Kitchen', expires: new Date(world.clock.now() + hour).toISOString() };
  const { json } = await world.ask('POST', '/guests', { headers, body });
  const made = json as { id: string; link: string };
  const bearer = { headers: { authorization: `Bearer ${made.link}` } };
  return {
    world,
    headers,
    bearer,
    ...made,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

test('whoever holds a guest link is that guest, until it expires', async () => {
  await using given = await withLink();
  expect(await given.world.ask('GET', '/session', given.bearer)).toMatchObject({
    json: { id: given.id, kind: 'guest', name: 'Kitchen', manages: false },
  });
  given.world.clock.tick(hour);
  expect(await given.world.ask('GET', '/session', given.bearer)).toMatchObject({ status: 401 });
});

test('a page exchanges a guest link for a session that is over with the link', async () => {
  await using given = await withLink();
  const login = await given.world.ask('POST', '/session', { body: { link: given.link } });
  expect(login.headers?.['set-cookie']).toContain('Max-Age=3600;');
  const cookie = login.headers?.['set-cookie']?.split(';', 1)[0] ?? '';
  const asking = { headers: { cookie } };
  expect(await given.world.ask('GET', '/session', asking)).toMatchObject({
    json: { id: given.id },
  });
  given.world.clock.tick(hour);
  expect(await given.world.ask('GET', '/session', asking)).toMatchObject({ status: 401 });
});

test('a revoked link is over at once, with its sessions and what is open by it', async () => {
  await using given = await withLink();
  const login = await given.world.ask('POST', '/session', { body: { link: given.link } });
  const cookie = login.headers?.['set-cookie']?.split(';', 1)[0] ?? '';
  const access = await given.world.parts.guard.admit(
    given.world.visit('GET', '/', { headers: { cookie } }),
  );
  const ended: string[] = [];
  access.onEnd((why) => ended.push(why.name));
  const gone = await given.world.ask('DELETE', `/guests/${given.id}`, { headers: given.headers });
  expect(gone.status).toBe(204);
  expect(ended).toEqual(['unauthenticated']);
  expect(await given.world.ask('GET', '/session', given.bearer)).toMatchObject({ status: 401 });
  expect(await given.world.ask('GET', '/session', { headers: { cookie } })).toMatchObject({
    status: 401,
  });
});

test('a guest invites nobody, and makes no tokens', async () => {
  await using given = await withLink();
  const body = { name: 'x', expires: new Date(given.world.clock.now() + 1_000).toISOString() };
  for (const path of ['/guests', '/tokens']) {
    expect(await given.world.ask('POST', path, { ...given.bearer, body })).toMatchObject({
      status: 403,
    });
  }
});

test('a link is listed without its secret, and kept as a hash', async () => {
  await using given = await withLink();
  const { json } = await given.world.ask('GET', '/guests', { headers: given.headers });
  expect(json).toMatchObject([{ id: given.id, name: 'Kitchen' }]);
  const kept = JSON.stringify([json, await given.world.store.list('guests')]);
  expect(kept).not.toContain(given.link.slice(30));
});
