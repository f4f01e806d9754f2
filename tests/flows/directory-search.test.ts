import type { JsonValue } from '@thingtalk/core';
import { expect, it } from 'vitest';
import { describedThing } from '../support/directory-world.ts';
import { startGatewayWorld } from '../support/gateway-world.ts';

it('a query that would exhaust any memory is refused, the gateway stays healthy, and the next query is answered', async () => {
  await using world = await startGatewayWorld();
  const id = 'urn:example:deep';
  const tree = (depth: number): JsonValue => (depth === 0 ? 1 : [tree(depth - 1), tree(depth - 1)]);
  const registered = await world.fetch(`/things/${id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/td+json' },
    body: JSON.stringify(describedThing(id, { 'x:tree': tree(10) })),
  });
  expect(registered.status).toBe(201);
  const search = (query: string) =>
    world.fetch(`/search/jsonpath?query=${encodeURIComponent(query)}`);
  const costly = search(`$[?count($${'..*'.repeat(9)}) > 0]`);
  // Asked while it searches.
  expect((await world.fetch('/health')).status).toBe(200);
  expect((await world.fetch(`/things/${id}`)).status).toBe(200);
  const refused = await costly;
  expect(refused.status).toBe(400);
  expect(((await refused.json()) as { detail: string }).detail).toMatch(
    /needs more than \d+ MiB of memory|takes over \d+ ms/,
  );
  expect((await world.fetch('/health')).status).toBe(200);
  expect(await (await search(`$[?@.id == '${id}'].title`)).json()).toEqual(['Meter']);
});
