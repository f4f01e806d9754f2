import { defineThing, type JsonObject } from '@thingtalk/core';
import { MemoryGuard, MemoryStore, type TestGrant } from '@thingtalk/core/testing';
import { expect, it } from 'vitest';
import { describedThing, startDirectoryWorld } from '../support/directory-world.ts';

const mine = 'urn:dev:mine';
const meter = 'urn:dev:meter-mine';
const hidden = 'urn:dev:hidden';

const managing: readonly TestGrant[] = (['read', 'write', 'manage'] as const).map((right) => ({
  right,
}));

/** A directory with a Thing on the bus and a registered one that `reader` sees in part, and hidden ones between them. */
async function startGuarded() {
  const guard = new MemoryGuard();
  guard.let('admin', managing);
  const reader = guard.let('reader', [
    { right: 'read', thing: mine, affordance: 'on' },
    { right: 'read', thing: meter, affordance: 'power' },
  ]);
  const doors = { guard };
  const world = await startDirectoryWorld(new MemoryStore(), undefined, 'here', doors);
  const properties = { on: { type: 'boolean' }, level: { type: 'integer' } } as const;
  for (const id of [mine, `${hidden}-1`, `${hidden}-2`]) {
    await world.servient.expose(defineThing(id, { title: `Lamp ${id}`, properties }));
  }
  await expect.poll(() => world.registry.find(`${hidden}-2`)).toBeDefined();
  const as = (token: string, path: string, init: RequestInit = {}) =>
    world.fetch(path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
  const form = { href: 'http://meter.local/power', contentType: 'application/json' };
  const td = (id: string) =>
    describedThing(id, {
      properties: {
        power: { type: 'number', forms: [{ ...form, op: ['readproperty', 'writeproperty'] }] },
        tariff: { type: 'number', forms: [{ ...form, op: 'readproperty' }] },
      },
    });
  const register = (token: string, id: string) =>
    as(token, `/things/${id}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/td+json' },
      body: JSON.stringify(td(id)),
    });
  for (const id of [meter, `${hidden}-meter`]) {
    expect((await register('admin', id)).status).toBe(201);
  }
  return {
    ...world,
    guard,
    reader,
    as,
    register,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

it('H20: pages count and link what their reader may see, and what it may not see changes none of it', async () => {
  await using world = await startGuarded();
  const page = async () => {
    const answer = await world.as('reader', '/things?limit=1&format=collection');
    return { body: await answer.json(), link: answer.headers.get('link') };
  };
  const first = await page();
  expect(first.body).toMatchObject({ total: 2, members: [{ id: meter }] });
  const next = /<([^>]+)>; rel="next"/.exec(first.link ?? '')?.[1] ?? '';
  expect(await (await world.as('reader', next)).json()).toMatchObject({ members: [{ id: mine }] });

  const list = await world.as('reader', '/things');
  const etag = list.headers.get('etag') ?? '';
  await world.register('admin', `${hidden}-other`);
  const again = await world.as('reader', '/things', { headers: { 'if-none-match': etag } });
  expect(again.status).toBe(304);
  expect((await page()).link).toBe(first.link);
});

it('H20: a registered Thing Description shows its readers what they may use', async () => {
  await using world = await startGuarded();
  const td = await (await world.as('reader', `/things/${meter}`)).json();
  expect(Object.keys(td.properties)).toEqual(['power']);
  expect(td.properties.power).toMatchObject({ readOnly: true });
  expect(td.properties.power.forms).toMatchObject([{ op: ['readproperty'] }]);
  const whole = await (await world.as('admin', `/things/${meter}`)).json();
  expect(Object.keys(whole.properties)).toEqual(['power', 'tariff']);
});

it('H20: a search runs over what its reader may see, whatever it asks', async () => {
  await using world = await startGuarded();
  const search = async (token: string, query: string) => {
    const path = `/search/jsonpath?query=${encodeURIComponent(query)}`;
    return (await (await world.as(token, path)).json()) as (JsonObject | string)[];
  };
  expect((await search('reader', '$[*].id')).toSorted()).toEqual([meter, mine]);
  for (const query of ['$..level', '$..tariff', `$[?@.id=='${hidden}-1']`, '$..[?@.unit]']) {
    expect(await search('reader', query), query).toEqual([]);
  }
  expect((await search('admin', '$[*].id')).length).toBeGreaterThan(4);
});

it('H22: who may not manage a Thing cannot lead its clients elsewhere, nor find out what is registered', async () => {
  await using world = await startGuarded();
  expect((await world.register('reader', meter)).status).toBe(403);
  const told = async (id: string) => {
    const answer = await world.register('reader', id);
    return [answer.status, (await answer.text()).replaceAll(id, 'ID')];
  };
  expect(await told(`${hidden}-meter`)).toEqual(await told('urn:dev:absent'));
  const removed = async (id: string) => {
    const answer = await world.as('reader', `/things/${id}`, { method: 'DELETE' });
    return [answer.status, (await answer.text()).replaceAll(id, 'ID')];
  };
  expect(await removed(`${hidden}-meter`)).toEqual(await removed('urn:dev:absent'));
  expect((await removed(meter))[0]).toBe(403);
  expect(world.registry.find(`${hidden}-meter`)).toBeDefined();
});

it('who manages one Thing changes that one, and registers no other', async () => {
  await using world = await startGuarded();
  world.reader.change([{ right: 'manage', thing: meter }]);
  expect((await world.register('reader', meter)).status).toBe(204);
  expect((await world.register('reader', 'urn:dev:new')).status).toBe(403);
  const gone = await world.as('reader', `/things/${meter}`, { method: 'DELETE' });
  expect(gone.status).toBe(204);
});
