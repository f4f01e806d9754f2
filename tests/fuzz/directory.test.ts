import type { JsonValue } from '@thingtalk/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  anonymous,
  type DirectoryWorld,
  describedThing,
  startDirectoryWorld,
} from '../support/directory-world.ts';

const id = 'urn:fuzz:thing';
const path = `/things/${id}`;
let world: DirectoryWorld;

beforeAll(async () => {
  world = await startDirectoryWorld();
  await world.send('PUT', path, describedThing(id));
});
afterAll(() => world[Symbol.asyncDispose]());

/** Whatever is refused is refused as RFC 9457 says, and the directory is as it was. */
async function expectRefusal(response: Response, before: string): Promise<void> {
  const body = await response.text();
  expect([response.status, body]).toSatisfy(([status]) => status >= 400 && status < 500);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = JSON.parse(body) as { status: number; detail: string };
  expect(problem.status).toBe(response.status);
  expect(problem.detail.length).toBeGreaterThan(5);
  expect(await list()).toBe(before);
}

const list = async () => (await world.fetch('/things')).text();
const raw = (method: string, at: string, body: string, type = 'application/td+json') =>
  world.fetch(at, { method, headers: { 'content-type': type }, body });

it('what is no Thing Description is refused, and nothing changes', async () => {
  const before = await list();
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      await expectRefusal(await world.send('POST', '/things', value), before);
      await expectRefusal(await world.send('PUT', path, value), before);
    }),
    { numRuns: 50 },
  );
});

it('a Thing Description with one member of a wrong type is refused with its place', async () => {
  const before = await list();
  const wrong: Readonly<Record<string, readonly JsonValue[]>> = {
    '@context': [7, 'https://example.com/other', {}, []],
    title: [7, [], {}, true],
    security: [7, {}, 'nobody', ['nosec_sc', 'nobody']],
    securityDefinitions: [[], 'nosec', { nosec_sc: { scheme: 7 } }],
    properties: [[], 7, { on: 7 }, { on: { forms: 'x' } }, { on: {} }],
    links: [{}, 7, [7]],
    registration: [7, [], 'x', { ttl: 0 }, { ttl: -1 }, { ttl: 1e300 }, { ttl: '1' }],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const response = await world.send('POST', '/things', anonymous({ [name]: value }));
      const copy = response.clone();
      await expectRefusal(response, before);
      const { validationErrors } = (await copy.json()) as {
        validationErrors: readonly { field: string }[];
      };
      expect(validationErrors.some(({ field }) => field.startsWith(`/${name}`))).toBe(true);
    }
  }
});

it('any merge patch leaves a Thing Description that holds, or is refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (patch) => {
      const before = await list();
      const body = JSON.stringify(patch);
      const response = await raw('PATCH', path, body, 'application/merge-patch+json');
      if (response.status !== 204) await expectRefusal(response, before);
      expect((await world.fetch(path)).status).toBe(200);
    }),
    { numRuns: 50 },
  );
  await world.send('PUT', path, describedThing(id));
});

it.each([
  ['huge', () => JSON.stringify(anonymous({ description: 'x'.repeat(2 ** 20) }))],
  ['deep', () => `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  [
    'wide',
    () => JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [n, n]))),
  ],
  ['no JSON', () => '{"title": '],
  ['nothing', () => ''],
  ['not UTF-8', () => '{"title": "\ud800"}'],
])('a document that is %s is refused', async (_, body) => {
  await expectRefusal(await raw('POST', '/things', body()), await list());
});

it('members of an object named twice: the last stands, as JSON.parse has it', async () => {
  const [head] = JSON.stringify(anonymous()).split(/}$/);
  const response = await raw('PUT', path, `${head},"id":"urn:other","id":"${id}","title":"Last"}`);
  expect(response.status).toBe(204);
  expect(await (await world.fetch(path)).json()).toMatchObject({ id, title: 'Last' });
});

it('ids that are none are refused', async () => {
  const before = await list();
  const ids = [
    '',
    'lamp',
    'urn:',
    'a b',
    `urn:${'x'.repeat(300)}`,
    '../x',
    '%',
    '\u0000',
    '__proto__',
  ];
  for (const one of ids) {
    const at = `/things/${encodeURIComponent(one)}`;
    await expectRefusal(await world.send('PUT', at, describedThing(one)), before);
  }
});

it('patches cannot make a Thing Description grow without end', async () => {
  const piece = 'x'.repeat(200_000);
  const statuses: number[] = [];
  for (let n = 0; n < 6; n++) {
    const body = JSON.stringify({ [`x:${n}`]: piece });
    statuses.push((await raw('PATCH', path, body, 'application/merge-patch+json')).status);
  }
  expect(statuses).toEqual([204, 204, 204, 204, 204, 413]);
  await world.send('PUT', path, describedThing(id));
});

it('any page that is asked for is a list, or refused', async () => {
  const number = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.bigInt()).map(String);
  await fc.assert(
    fc.asyncProperty(number, number, fc.string(), async (limit, offset, after) => {
      const query = new URLSearchParams({ limit, offset, after });
      const response = await world.fetch(`/things?${query}`);
      const body = await response.json();
      if (response.status === 200) expect(Array.isArray(body)).toBe(true);
      else expect(response.status).toBe(400);
    }),
    { numRuns: 100 },
  );
});

it('any query is answered by a list, or refused', async () => {
  const piece = fc.constantFrom(
    '$',
    '[*]',
    '..',
    '.a',
    '[?@.a]',
    "['x']",
    '[0:9:-1]',
    '*',
    '&&',
    '(',
    ']',
  );
  const query = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 12 }).map((all) => all.join('')),
  );
  await fc.assert(
    fc.asyncProperty(query, async (text) => {
      const response = await world.fetch(`/search/jsonpath?query=${encodeURIComponent(text)}`);
      const body = await response.json();
      if (response.status === 200) expect(Array.isArray(body)).toBe(true);
      else expect(response.status).toBe(400);
    }),
    { numRuns: 100 },
  );
});

/** Something to lose one's way in. */
const deep = describedThing(id, {
  description: 'a'.repeat(60),
  'x:deep': JSON.parse('['.repeat(50) + ']'.repeat(50)),
});

it.each([
  ['wildcards', `$${'[*,*,*,*]'.repeat(40)}`],
  ['all descendants of all', `$${'..*'.repeat(30)}`],
  ['a catastrophic pattern', "$[?match(@.description, '(a|aa|a+)*b')]"],
  ['nested filters', `$${'..[?@..*]'.repeat(12)}`],
  ['a very long one', `$${'.a'.repeat(1_500)}`],
])('a costly query ends, and the server answers all the while: %s', async (_, query) => {
  await world.send('PUT', path, deep);
  const search = world.fetch(`/search/jsonpath?query=${encodeURIComponent(query)}`);
  const others = Array.from({ length: 20 }, () => world.fetch(path));
  for (const { status } of await Promise.all(others)) expect(status).toBe(200);
  expect((await search).status).toBe(400);
  const after = await world.fetch('/search/jsonpath?query=$[*].id');
  expect(await after.json()).toContain(id);
});
