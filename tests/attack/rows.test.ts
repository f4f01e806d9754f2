import { MemoryGuard } from '@thingtalk/core/testing';
import { expect, it } from 'vitest';
import { startGatewayWorld } from '../support/gateway-world.ts';

/** Rows that say that anybody may ask; a new one here is to be thought about. */
const open = [
  'GET /',
  'GET /openapi.json',
  'GET /asyncapi.json',
  'GET /docs',
  'GET /docs/{file}',
  'GET /health',
];

interface Documents {
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

it('H1: every row of a gateway refuses whom nobody knows, but for those that say that anybody may ask', async () => {
  const guard = new MemoryGuard();
  guard.let('nobody', []);
  await using world = await startGatewayWorld({}, { doors: { guard } });
  const { paths } = (await (await world.fetch('/openapi.json')).json()) as Documents;
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(rows.length).toBeGreaterThan(40);
  const answered: string[] = [];
  for (const row of rows) {
    const [method = '', path = ''] = row.split(' ');
    const target = path.replaceAll(/\{\w+\}/g, 'x');
    const answer = await world.fetch(target, { method });
    if (answer.status !== 401) answered.push(row);
    await answer.body?.cancel();
  }
  expect(answered.toSorted()).toEqual(open.toSorted());
});

it('H19: whoever may not manage the gateway is refused what changes it, and learns nothing of its parts', async () => {
  const guard = new MemoryGuard();
  guard.let('user', [{ right: 'read' }]);
  await using world = await startGatewayWorld({}, { doors: { guard } });
  const as = (path: string, init: RequestInit = {}) =>
    world.fetch(path, { ...init, headers: { ...init.headers, authorization: 'Bearer user' } });
  const { id } = world.gateway;
  const td = { 'content-type': 'application/td+json' };
  const json = { 'content-type': 'application/json' };
  const tries: readonly [string, string, HeadersInit?, string?][] = [
    ['GET', '/metrics'],
    ['POST', '/things', td, '{}'],
    ['PUT', '/things/urn:dev:new', td, '{}'],
    ['PUT', `/things/${id}`, td, '{}'],
    ['PATCH', `/things/${id}`, { 'content-type': 'application/merge-patch+json' }, '{}'],
    ['DELETE', `/things/${id}`],
    ['POST', `/things/${id}/forget`],
    ['POST', `/things/${id}/adopt`],
    ['POST', '/things/urn:dev:forgotten/adopt'],
    ['PUT', `/things/${id}/metadata`, json, '{}'],
  ];
  for (const [method, path, headers = {}, body] of tries) {
    const answer = await as(path, { method, headers, ...(body !== undefined && { body }) });
    expect(answer.status, `${method} ${path}`).toBe(403);
  }
  expect(Object.keys(await (await as('/health')).json())).toEqual(['status']);
  expect(world.gateway.things.find(id)).toBeDefined();
});
