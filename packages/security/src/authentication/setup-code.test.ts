import { MemoryDocuments } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { AuthenticationWorld, goodPassword } from './testing-world.ts';

const admin = { name: 'ann', password: goodPassword };
const minute = 60_000;

async function unset(documents?: MemoryDocuments) {
  const world = await AuthenticationWorld.open(documents);
  world.parts.setup.start();
  const setUp = (code: string, who = admin) =>
    world.ask('POST', '/setup', { body: { code, ...who }, address: '127.0.0.1', isSecure: false });
  const shown = () => world.codes.at(-1) ?? '';
  return { world, setUp, shown, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test('the code that is shown makes the first administrator, once', async () => {
  await using given = await unset();
  const code = given.shown();
  expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{8}-[0-9a-hjkmnp-tv-z]{8}$/);
  const made = await given.setUp(code);
  expect(made).toMatchObject({ status: 201, json: { name: 'ann' } });
  expect(given.world.managers).toEqual(new Set([(made.json as { id: string }).id]));
  expect(await given.setUp(code, { ...admin, name: 'eve' })).toMatchObject({ status: 409 });
  expect(given.world.parts.setup.isOpen).toBe(false);
  expect(given.world.entries.map(({ what, outcome }) => `${what} ${outcome}`)).toEqual([
    'setup allowed',
    'setup denied',
  ]);
});

test('a code may be typed in capitals, without the dash, and with o for 0 and l for 1', async () => {
  await using given = await unset();
  const typed = given.shown().replace('-', ' ').replaceAll('0', 'O').replaceAll('1', 'l');
  expect(await given.setUp(typed.toUpperCase())).toMatchObject({ status: 201 });
});

test('H34 after five wrong codes another is shown, and the first is no good', async () => {
  await using given = await unset();
  const first = given.shown();
  for (let at = 0; at < 5; at++) {
    expect(await given.setUp(`wrong-${at}`)).toMatchObject({ status: 401 });
  }
  expect(given.world.codes).toHaveLength(2);
  expect(await given.setUp(first)).toMatchObject({ status: 401 });
  expect(await given.setUp(given.shown())).toMatchObject({ status: 201 });
});

test('a code is over after fifteen minutes', async () => {
  await using given = await unset();
  const first = given.shown();
  given.world.clock.tick(15 * minute);
  expect(await given.setUp(first)).toMatchObject({ status: 401 });
  expect(await given.setUp(given.shown())).toMatchObject({ status: 201 });
});

test('a password that is not taken costs neither the code nor a try', async () => {
  await using given = await unset();
  const refused = await given.setUp(given.shown(), { name: 'ann', password: 'password123' });
  expect(refused).toMatchObject({ status: 422 });
  expect(given.world.managers.size).toBe(0);
  expect(await given.setUp(given.shown())).toMatchObject({ status: 201 });
});

test('H34 of many who set up at once exactly one becomes administrator', async () => {
  await using given = await unset();
  const code = given.shown();
  const tries = Array.from({ length: 10 }, (_, at) =>
    given.setUp(code, { ...admin, name: `admin-${at}` }),
  );
  const statuses = (await Promise.all(tries)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 201)).toHaveLength(1);
  expect(statuses.filter((status) => status === 409)).toHaveLength(9);
  expect(given.world.parts.people.list()).toHaveLength(1);
  expect(given.world.managers.size).toBe(1);
});

test('H34 of two gateways of one database exactly one makes an administrator', async () => {
  const documents = new MemoryDocuments();
  await using here = await unset(documents);
  await using there = await unset(documents);
  const answers = await Promise.all([
    here.setUp(here.shown(), { ...admin, name: 'here' }),
    there.setUp(there.shown(), { ...admin, name: 'there' }),
  ]);
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  expect(await here.world.store.list('people')).toHaveLength(1);
});

test('a set-up that broke off half way can be begun again', async () => {
  await using given = await unset();
  await given.world.store.put('setup', 'administrator', { id: 'person_x' }, { author: 'setup' });
  expect(await given.setUp(given.shown())).toMatchObject({ status: 201 });
});

test('no code is shown, and none is good, where somebody is already', async () => {
  await using given = await unset();
  await given.setUp(given.shown());
  given.world.parts.setup.start();
  expect(given.world.codes).toHaveLength(1);
});
