import { randomBytes } from 'node:crypto';
import type { Store } from '@thingtalk/core';
import { MemoryDocuments, MemoryStore, storeConformance } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { MasterKey } from './master-keys.ts';
import { reseal, sealedStore } from './sealed-store.ts';
import { Sealer } from './sealer.ts';

const key = new MasterKey(randomBytes(32));
const sealer = new Sealer([key]);
const me = { author: 'me' };

storeConformance('a sealed store', async () => {
  const documents = new MemoryDocuments();
  return {
    open: async () => sealedStore(new MemoryStore(documents), sealer, ['tds', 'c']),
    [Symbol.asyncDispose]: async () => {},
  };
});

/** Everything that a store holds, as text. */
async function everything(store: Store): Promise<string> {
  const changes = await store.changes({ collections: ['apps', 'open'], after: 0, limit: 1_000 });
  return JSON.stringify(changes);
}

test('underneath there is nothing to read of what is sealed, before and after a change', async () => {
  const store = new MemoryStore();
  const sealed = sealedStore(store, sealer, ['apps']);
  await sealed.put('apps', 'a', { password: 'canary-1' }, me);
  await sealed.put('apps', 'a', 'canary-2', me);
  await sealed.delete('apps', 'a', me);
  await sealed.put('open', 'a', 'plain', me);
  const text = await everything(store);
  expect(text).not.toContain('canary');
  expect(text).toContain('plain');
  const seen = await sealed.changes({ collections: ['apps'], after: 0, limit: 10 });
  expect(seen.map(({ value, before }) => [value, before?.value])).toEqual([
    [{ password: 'canary-1' }, undefined],
    ['canary-2', { password: 'canary-1' }],
    [undefined, 'canary-2'],
  ]);
});

test('a value that was moved, or never sealed, is refused by the name of its record', async () => {
  const store = new MemoryStore();
  const sealed = sealedStore(store, sealer, ['apps', 'people']);
  await sealed.put('apps', 'a', 'canary', me);
  const stolen = (await store.get('apps', 'a'))?.value ?? null;
  await store.put('apps', 'b', stolen, me);
  await store.put('people', 'a', stolen, me);
  await store.put('people', 'plain', 'canary', me);
  for (const [collection, name] of [
    ['apps', 'b'],
    ['people', 'a'],
    ['people', 'plain'],
  ] as const) {
    const error = await sealed.get(collection, name).catch((e) => e);
    expect(error).toMatchObject({ name: 'seal-broken' });
    expect(error.detail).toContain(`'${name}' in '${collection}' cannot be opened`);
    expect(error.detail).not.toContain('canary');
  }
});

test('after sealing anew the old key can be thrown away', async () => {
  const store = new MemoryStore();
  const old = sealedStore(store, sealer, ['apps']);
  for (let n = 0; n < 250; n++) await old.put('apps', `a${n}`, n, me);
  const next = new MasterKey(randomBytes(32));
  const both = new Sealer([next, key]);
  const work = { store, sealer: both, collections: ['apps', 'none'], author: 'gateway' };
  expect(await reseal(work)).toBe(250);
  expect(await reseal(work)).toBe(0);
  const alone = sealedStore(store, new Sealer([next]), ['apps']);
  expect((await alone.list('apps')).map(({ value }) => value).toSorted()).toHaveLength(250);
  expect((await alone.get('apps', 'a42'))?.value).toBe(42);
});

test('what somebody writes while it is sealed anew is not lost', async () => {
  const store = new MemoryStore();
  await sealedStore(store, sealer, ['apps']).put('apps', 'a', 'old', me);
  const both = new Sealer([new MasterKey(randomBytes(32)), key]);
  const now = sealedStore(store, both, ['apps']);
  const listed = store.list.bind(store);
  store.list = async (...wanted) => {
    const page = await listed(...wanted);
    await now.put('apps', 'a', 'new', me);
    return page.slice(0, wanted[1]?.after === undefined ? 1 : 0);
  };
  expect(await reseal({ store, sealer: both, collections: ['apps'], author: 'g' })).toBe(0);
  expect((await now.get('apps', 'a'))?.value).toBe('new');
});

test('an old version whose key was thrown away is left out, and what came after it can be read and deleted', async () => {
  const store = new MemoryStore();
  await sealedStore(store, sealer, ['apps']).put('apps', 'a', 'old', me);
  const next = new MasterKey(randomBytes(32));
  const both = new Sealer([next, key]);
  await reseal({ store, sealer: both, collections: ['apps'], author: 'gateway' });
  const now = sealedStore(store, new Sealer([next]), ['apps']);
  await now.put('apps', 'a', 'new', me);
  await now.delete('apps', 'a', me);
  const versions = await now.versions('apps', 'a');
  expect(versions.map(({ version, value }) => [version, value])).toEqual([
    [2, 'old'],
    [3, 'new'],
    [4, undefined],
  ]);
  const [change] = await now.changes({ collections: ['apps'], after: 1, limit: 1 });
  expect(change).toMatchObject({ version: 2, value: 'old', before: undefined, isCut: true });
});
