import { expect, it } from 'vitest';
import { type HttpWorld, lamp, startHttpWorld } from '../support/http-world.ts';

interface Document {
  readonly openapi: string;
  readonly paths: Record<
    string,
    Record<
      string,
      {
        operationId: string;
        tags: string[];
        responses: Record<string, { description: string }>;
        parameters?: { name: string; in: string; required: boolean }[];
        requestBody?: { content: Record<string, { schema: object }> };
      }
    >
  >;
  readonly tags: { name: string }[];
  readonly components: { schemas: Record<string, object> };
}

const fetchJson = async (world: HttpWorld, path: string) => (await world.fetch(path)).json();

/** Every `$ref` of a document, and what it leads to. */
function references(document: object): [string, unknown][] {
  const found: [string, unknown][] = [];
  JSON.stringify(document, (key, value: unknown) => {
    if (key === '$ref' && typeof value === 'string') {
      const steps = value.slice(2).split('/');
      const target = steps.reduce<unknown>(
        (at, step) => (at as Record<string, unknown> | undefined)?.[step],
        document,
      );
      found.push([value, target]);
    }
    return value;
  });
  return found;
}

it('/openapi.json is OpenAPI 3.1: operations are unique, parameters match their path, references lead somewhere', async () => {
  await using world = await startHttpWorld();
  const document = (await fetchJson(world, '/openapi.json')) as Document;
  expect(document.openapi).toBe('3.1.1');
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, ...operation })),
  );
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const tags = document.tags.map(({ name }) => name);
  expect(new Set(tags).size).toBe(tags.length);
  for (const { path, parameters = [], responses, tags: own } of operations) {
    const inPath = parameters.filter((parameter) => parameter.in === 'path');
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(inPath.map(({ name }) => name)).toEqual(named);
    expect(inPath.every(({ required }) => required)).toBe(true);
    expect(Object.keys(responses).length).toBeGreaterThan(0);
    for (const { description } of Object.values(responses))
      expect(description).toBeTypeOf('string');
    for (const tag of own) expect(tags).toContain(tag);
  }
  for (const [reference, target] of references(document)) {
    expect([reference, target]).toEqual([reference, expect.anything()]);
  }
});

it('/openapi.json has the operations of each Thing with its own schemas', async () => {
  await using world = await startHttpWorld();
  const { paths } = (await fetchJson(world, `/openapi.json?thing=${lamp.id}`)) as Document;
  const brightness = paths[`/things/${lamp.id}/properties/brightness`];
  expect(brightness?.put?.requestBody?.content['application/json']).toMatchObject({
    schema: { type: 'integer', minimum: 0, maximum: 100 },
    example: 50,
  });
  expect(Object.keys(paths[`/things/${lamp.id}/properties/power`] ?? {})).toEqual(['get']);
  expect(Object.keys(paths[`/things/${lamp.id}/properties/pin`] ?? {})).toEqual(['put']);
  expect(paths[`/things/${lamp.id}/actions/fade`]?.post?.requestBody).toBeDefined();
  expect((await world.fetch('/openapi.json?thing=urn:none')).status).toBe(404);
});

it('/asyncapi.json is AsyncAPI 3.0: each operation names a channel and a message of it', async () => {
  await using world = await startHttpWorld();
  const document = (await fetchJson(world, '/asyncapi.json')) as {
    asyncapi: string;
    servers: object;
    channels: Record<string, { address: string; parameters: object; messages: object }>;
    operations: Record<string, { action: string }>;
  };
  expect(document.asyncapi).toBe('3.0.0');
  expect(document.servers).toMatchObject({
    ws: { host: `127.0.0.1:${world.port}`, protocol: 'ws' },
    mqtt: { host: '127.0.0.1:1883', protocol: 'mqtt' },
  });
  for (const { address, parameters, messages } of Object.values(document.channels)) {
    const named = [...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(Object.keys(parameters).sort()).toEqual(named.sort());
    expect(Object.keys(messages).length).toBeGreaterThan(0);
  }
  for (const { action } of Object.values(document.operations)) {
    expect(['send', 'receive']).toContain(action);
  }
  for (const [reference, target] of references(document)) {
    expect([reference, target]).toEqual([reference, expect.anything()]);
  }
});

it('pages come with a policy that forbids inline script and foreign hosts', async () => {
  await using world = await startHttpWorld();
  for (const path of ['/', '/docs']) {
    const response = await world.fetch(path, { headers: { accept: 'text/html' } });
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(await response.text()).not.toMatch(/<script>|https?:\/\//);
  }
});

it('/ answers links to programs, and a title from outside cannot break out of the page', async () => {
  await using world = await startHttpWorld();
  expect(await fetchJson(world, '/')).toMatchObject({
    links: expect.arrayContaining([{ rel: 'things', href: '/things' }]),
  });
  await using evil = await world.servient.expose({
    id: 'urn:dev:evil' as typeof lamp.id,
    td: { title: '<script>alert(1)</script>' },
    handlers: {},
  });
  await expect.poll(() => world.things.find(evil.id)).toBeDefined();
  const page = await world.fetch('/', { headers: { accept: 'text/html' } });
  expect(await page.text()).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
});
