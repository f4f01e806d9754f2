import { FakeClock, MemoryDocuments, MemoryStore } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { PasswordHasher } from './password-hasher.ts';
import { People } from './people.ts';
import { Revocations } from './revocations.ts';
import { AuthenticationWorld, cheapCost, goodPassword } from './testing-world.ts';

const ann = { name: 'Ann', password: goodPassword };

test('somebody who was made is found by name in any case, and by the right password only', async () => {
  await using world = await AuthenticationWorld.open();
  const { people } = world.parts;
  const made = await people.create(ann, 'test');
  expect(made).toMatchObject({ name: 'Ann', displayName: 'Ann', isDisabled: false });
  expect(await people.verify('aNN', goodPassword)).toEqual(made);
  expect(await people.verify('Ann', `${goodPassword}!`)).toBeUndefined();
  expect(await people.verify('Bob', goodPassword)).toBeUndefined();
});

test('of two who take one name at once, one gets it', async () => {
  await using world = await AuthenticationWorld.open();
  const { people } = world.parts;
  const tries = [people.create(ann, 'a'), people.create({ ...ann, name: 'ANN' }, 'b')];
  const results = await Promise.allSettled(tries);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(people.list()).toHaveLength(1);
});

test('a name that was freed is given to somebody else, an id never', async () => {
  await using world = await AuthenticationWorld.open();
  const { people } = world.parts;
  const first = await people.create(ann, 'test');
  await people.delete(first.id, 'test');
  const second = await people.create(ann, 'test');
  expect(second.id).not.toBe(first.id);
  expect(people.principal(first.id)).toBeUndefined();
  expect(() => people.get(first.id)).toThrow('no person');
});

test('whoever is disabled cannot log in, and is a principal no more', async () => {
  await using world = await AuthenticationWorld.open();
  const { people } = world.parts;
  const { id } = await people.create(ann, 'test');
  const ended: string[] = [];
  world.revocations.watch(id, (why) => ended.push(why.detail));
  await people.change(id, { isDisabled: true }, 'test');
  expect(await people.verify('ann', goodPassword)).toBeUndefined();
  expect(people.principal(id)).toBeUndefined();
  expect(ended).toEqual(['the person was disabled']);
  await people.change(id, { isDisabled: false }, 'test');
  expect(await people.verify('ann', goodPassword)).toMatchObject({ id });
});

test('nobody disables or deletes themselves, so that somebody who manages is always left', async () => {
  await using world = await AuthenticationWorld.open();
  const { people } = world.parts;
  const { id } = await people.create(ann, 'test');
  await expect(people.delete(id, id)).rejects.toMatchObject({ status: 409 });
  await expect(people.change(id, { isDisabled: true }, id)).rejects.toMatchObject({ status: 409 });
});

test.each(['', ' ', 'a b', 'a:b', 'x'.repeat(65), 'a\u0000b', '\ud800'])(
  '%j cannot be a name',
  async (name) => {
    await using world = await AuthenticationWorld.open();
    const wanted = { name, password: goodPassword };
    await expect(world.parts.people.create(wanted, 'test')).rejects.toMatchObject({ status: 422 });
    expect(world.parts.people.isEmpty).toBe(true);
  },
);

test('a hash that became too weak is made anew when its owner logs in', async () => {
  const documents = new MemoryDocuments();
  const options = { clock: new FakeClock(), revocations: new Revocations() };
  const store = new MemoryStore(documents);
  using before = await People.open({ ...options, store, hasher: new PasswordHasher(cheapCost) });
  await before.create(ann, 'test');
  const hasher = new PasswordHasher({ ...cheapCost, memory: 128 });
  using after = await People.open({ ...options, store, hasher });
  await after.verify('ann', goodPassword);
  expect(JSON.stringify((await store.get('people', 'ann'))?.value)).toContain('m=128,t=1,p=1');
  expect(await after.verify('ann', goodPassword)).toMatchObject({ name: 'Ann' });
});

test('what another gateway of the same database changes is followed', async () => {
  const documents = new MemoryDocuments();
  await using here = await AuthenticationWorld.open(documents);
  await using there = await AuthenticationWorld.open(documents);
  const { id } = await here.parts.people.create(ann, 'test');
  const ended = new Promise((resolve) => there.revocations.watch(id, resolve));
  await here.parts.people.change(id, { isDisabled: true }, 'test');
  await ended;
  expect(there.parts.people.principal(id)).toBeUndefined();
});

test('those who manage make, change and remove people; others cannot', async () => {
  await using world = await AuthenticationWorld.open();
  const { id } = await world.parts.people.create(ann, 'test');
  const cookie = await world.logIn('ann');
  const headers = { cookie, origin: 'https://hub.local' };
  const body = { name: 'bob', password: goodPassword };
  expect(await world.ask('POST', '/people', { headers, body })).toMatchObject({ status: 403 });
  world.managers.add(id);
  const made = await world.ask('POST', '/people', { headers, body });
  expect(made).toMatchObject({ status: 201, json: { name: 'bob', isDisabled: false } });
  expect(JSON.stringify(made)).not.toMatch(/argon2|vlaqhpt/);
  const { id: bob } = made.json as { id: string };
  await world.logIn('bob');
  const change = { headers, body: { isDisabled: true } };
  expect(await world.ask('PATCH', `/people/${bob}`, change)).toMatchObject({ status: 200 });
  await expect(world.logIn('bob')).rejects.toThrow('401');
  expect(await world.ask('DELETE', `/people/${bob}`, { headers })).toMatchObject({ status: 204 });
  expect(await world.ask('GET', `/people/${bob}`, { headers })).toMatchObject({ status: 404 });
  expect(world.entries.map(({ what }) => what)).toEqual(
    expect.arrayContaining(['person.create', 'person.change', 'person.delete']),
  );
});

test('H18 what is not there to be set is refused, not ignored', async () => {
  await using world = await AuthenticationWorld.open();
  const { id } = await world.parts.people.create(ann, 'test');
  world.managers.add(id);
  const headers = { cookie: await world.logIn('ann'), origin: 'https://hub.local' };
  for (const name of ['id', 'created', 'owner', '__proto__', 'constructor']) {
    const body = JSON.parse(`{"displayName": "x", "${name}": "usr"}`);
    expect(await world.ask('PATCH', `/people/${id}`, { headers, body })).toMatchObject({
      status: 400,
    });
  }
});

test('H34 whoever asks for somebody unknown waits in the same queue, for the same work', async () => {
  await using world = await AuthenticationWorld.open();
  await world.parts.people.create(ann, 'test');
  for (const name of ['ann', 'nobody']) {
    const tries = Array.from({ length: 40 }, () => world.parts.people.verify(name, 'wrong-one'));
    const results = await Promise.allSettled(tries);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(6);
  }
});

test('of somebody who was removed nothing is left: no token, no session, nothing allowed', async () => {
  await using world = await AuthenticationWorld.open();
  const { people, tokens, sessions } = world.parts;
  const [boss, gone] = [
    await people.create(ann, 'test'),
    await people.create({ name: 'bob', password: goodPassword }, 'test'),
  ];
  world.managers.add(boss.id);
  const expires = world.clock.now() + 1_000_000;
  await tokens.create({ principal: gone.id, name: 'x', expires }, gone.id);
  await world.logIn('bob');
  const headers = { cookie: await world.logIn('ann'), origin: 'https://hub.local' };
  await world.ask('DELETE', `/people/${gone.id}`, { headers });
  expect(tokens.list(gone.id)).toEqual([]);
  expect(await world.store.list('sessions')).toHaveLength(1);
  await sessions.endAll(boss.id);
  expect(await world.store.list('sessions')).toEqual([]);
});
