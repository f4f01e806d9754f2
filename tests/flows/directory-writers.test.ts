import { startPostgres } from '@thingtalk/storage/testing';
import { expect, it } from 'vitest';
import { describedThing } from '../support/directory-world.ts';
import { type GatewayWorld, startGatewayWorld } from '../support/gateway-world.ts';
import { EventReader } from '../support/http-world.ts';

const id = 'urn:example:counter';
const path = `/things/${id}`;
const td = { 'content-type': 'application/td+json' };

const put = (world: GatewayWorld, one: string, more = {}) =>
  world.fetch(`/things/${one}`, {
    method: 'PUT',
    headers: td,
    body: JSON.stringify(describedThing(one, more)),
  });

/** Counts one up in a Thing Description, by PUT or PATCH with what it has seen; how often it was told 412 before. */
async function countUp(world: GatewayWorld, n: number): Promise<number> {
  for (let refused = 0; ; refused++) {
    const seen = await world.fetch(path);
    const { 'x:count': count = 0 } = (await seen.json()) as { 'x:count'?: number };
    const change = { 'x:count': count + 1 };
    const body = JSON.stringify(n % 2 === 0 ? change : describedThing(id, change));
    const type = n % 2 === 0 ? 'application/merge-patch+json' : 'application/td+json';
    const headers = { 'content-type': type, 'if-match': seen.headers.get('etag') ?? '' };
    const { status } = await world.fetch(path, {
      method: n % 2 === 0 ? 'PATCH' : 'PUT',
      headers,
      body,
    });
    if (status === 204) return refused;
    expect(status).toBe(412);
  }
}

async function countOf(world: GatewayWorld): Promise<unknown> {
  return ((await (await world.fetch(path)).json()) as { 'x:count': unknown })['x:count'];
}

it('50 who write at once with If-Match lose no update', async () => {
  await using world = await startGatewayWorld();
  await put(world, id);
  await Promise.all(Array.from({ length: 50 }, (_, n) => countUp(world, n)));
  expect(await countOf(world)).toBe(50);
});

it('two gateways on one PostgreSQL are one directory: each tells what was registered at the other, and no update is lost', async () => {
  await using postgres = await startPostgres();
  const database = await postgres.createDatabase();
  await using one = await startGatewayWorld({ database });
  await using other = await startGatewayWorld({ database });
  await using events = await EventReader.open(`${other.gateway.httpUrl}/events/thing_created`);
  await events.opened();
  const ids = Array.from({ length: 20 }, (_, n) => `urn:example:${n}`);
  for (const each of [...ids, id]) expect((await put(one, each)).status).toBe(201);
  const heard: unknown[] = [];
  for (let last: unknown; last !== id; ) {
    const event = await events.next();
    last = JSON.parse(event?.data ?? '{}').id;
    heard.push(last);
  }
  expect(heard.filter((each) => String(each).startsWith('urn:example:'))).toEqual([...ids, id]);
  expect((await other.fetch(path)).status).toBe(200);
  await Promise.all(
    Array.from({ length: 50 }, (_, n) => countUp(n % 3 === 0 ? other : one, Math.floor(n / 3))),
  );
  // Whoever writes with what it has seen, anywhere, sees the last of it.
  await countUp(one, 0);
  await countUp(other, 0);
  expect(await countOf(other)).toBe(52);
}, 120_000);
