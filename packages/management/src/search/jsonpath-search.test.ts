import { readFile } from 'node:fs/promises';
import { type JsonValue, systemClock } from '@thingtalk/core';
import { FakeClock } from '@thingtalk/core/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { JsonPathSearch } from './jsonpath-search.ts';

let search: JsonPathSearch;
beforeAll(() => {
  search = new JsonPathSearch(systemClock, { timeoutMs: 2_000, heapMiB: 64 });
});
afterAll(() => search[Symbol.dispose]());

const documents = JSON.stringify([
  { id: 'urn:a', title: 'Lamp', properties: { on: { type: 'boolean' } } },
  { id: 'urn:b', title: 'Meter', properties: { power: { type: 'number' } } },
]);

it.each([
  ['$[*].id', ['urn:a', 'urn:b']],
  ["$[?@.title == 'Meter'].id", ['urn:b']],
  ['$[?(@.properties.on)].title', ['Lamp']],
  ['$..type', ['boolean', 'number']],
  ['$[7]', []],
])('%s selects what RFC 9535 says', async (query, selected) => {
  expect(JSON.parse(await search.search(query, documents))).toEqual(selected);
});

it.each([
  ['nonsense', 'nonsense'],
  ['an empty one', ''],
  ['a function that is none', '$[?length(1,2,3)]'],
  ['one that is too long', `$${'.a'.repeat(2_000)}`],
  ['one that costs too much', `$${'[*,*,*,*]'.repeat(100)}`],
  ['one that selects too much', `$${'..*'.repeat(200)}`],
  ['a catastrophic pattern', `$[?match(@.id, '${'(a*)*'.repeat(20)}b')]`],
])('a query is refused: %s', async (_, query) => {
  const wide = JSON.stringify([[[[[['a'.repeat(40)]]]]], ...JSON.parse(documents)]);
  const outcome = await search.search(query, wide).catch((error: unknown) => error);
  if (typeof outcome !== 'string') expect(outcome).toMatchObject({ name: 'bad-request' });
  expect(JSON.parse(await search.search('$[0].id', documents))).toEqual(['urn:a']);
});

it('an empty query is refused in words of ours', async () => {
  await expect(search.search(' ', documents)).rejects.toMatchObject({
    detail: expect.stringContaining('the query is empty'),
  });
});

it.skipIf(process.platform !== 'linux')(
  'when the process that searches is killed, the next search starts another',
  async () => {
    using killed = new JsonPathSearch(systemClock);
    const before = await children();
    expect(await killed.search('$[0]', '[7]')).toBe('[7]');
    const [pid = 0] = (await children()).filter((one) => !before.includes(one));
    process.kill(pid, 'SIGKILL');
    // Killed while nobody waits, or while somebody does: who asks then may be refused, the next is not.
    await killed.search('$[0]', '[7]').catch(() => {});
    expect(await killed.search('$[0]', '[8]')).toBe('[8]');
  },
);

/** The processes that this one has started. */
async function children(): Promise<readonly number[]> {
  const list = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
  return list.trim().split(' ').filter(Boolean).map(Number);
}

it('a query that would exhaust memory is refused by it, and the next one is answered', async () => {
  // Long enough for nothing but memory to end it.
  using small = new JsonPathSearch(systemClock, { timeoutMs: 60_000, heapMiB: 32 });
  const tree = (depth: number): JsonValue => (depth === 0 ? 1 : [tree(depth - 1), tree(depth - 1)]);
  const nested = JSON.stringify(tree(12));
  await expect(small.search(`$[?count($${'..*'.repeat(7)}) > 0]`, nested)).rejects.toMatchObject({
    name: 'bad-request',
    detail: expect.stringContaining('needs more than 32 MiB of memory'),
  });
  expect(await small.search('$[0]', '[7]')).toBe('[7]');
});

it('documents that do not fit into memory are refused as too much, and what fits is searched again', async () => {
  using small = new JsonPathSearch(systemClock, { heapMiB: 32 });
  const large = JSON.stringify(Array.from({ length: 400_000 }, (_, n) => ({ n, of: [{}, {}] })));
  await expect(small.search('$[0]', large)).rejects.toMatchObject({ name: 'overloaded' });
  expect(await small.search('$[0]', '[7]')).toBe('[7]');
});

it('nobody waits in an endless line', async () => {
  const few = new JsonPathSearch(systemClock, { waiting: 2 });
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => few.search('$', '[]')));
  few[Symbol.dispose]();
  expect(outcomes.filter(({ status }) => status === 'rejected')).toMatchObject([
    { reason: { name: 'overloaded' } },
  ]);
});

it('a minute after the last search the process ends, and the next search starts another', async () => {
  const clock = new FakeClock();
  using idle = new JsonPathSearch(clock);
  await idle.search('$', '[]');
  expect(idle.isRunning).toBe(true);
  await clock.advance(60_000);
  expect(idle.isRunning).toBe(false);
  expect(await idle.search('$[0]', '[7]')).toBe('[7]');
});
