import { expect, test } from 'vitest';
import type { StorePlace } from './store-place.ts';

const me = { author: 'me' };

/** What a store says of writes that are stored together. */
export function storeGroupTests(makePlace: () => Promise<StorePlace>): void {
  test('of writes that are stored together each is as by itself, also after opening again', async () => {
    await using place = await makePlace();
    {
      await using store = await place.open();
      await store.put('tds', 'old', 1, me);
      const refusals = await store.writeAll([
        { collection: 'tds', key: 'lamp', value: { n: 1 }, author: 'ann' },
        { collection: 'tds', key: 'old', value: undefined, author: 'bob' },
        { collection: 'rules', key: 'lamp', value: null, author: 'me', ifVersion: 0 },
        { collection: 'tds', key: 'lamp', value: { n: 2 }, author: 'bob', ifVersion: 1 },
      ]);
      expect(refusals).toEqual([undefined, undefined, undefined, undefined]);
    }
    await using store = await place.open();
    const versions = [
      ...(await store.versions('tds', 'lamp')),
      ...(await store.versions('tds', 'old')),
      ...(await store.versions('rules', 'lamp')),
    ];
    expect(
      versions.map(({ version, author, value, place }) => [version, author, value, place]),
    ).toEqual([
      [1, 'ann', { n: 1 }, 2],
      [2, 'bob', { n: 2 }, 5],
      [1, 'me', 1, 1],
      [2, 'bob', undefined, 3],
      [1, 'me', null, 4],
    ]);
  });

  test('one that is refused says why, and leaves those stored with it', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    await store.put('tds', 'lamp', 1, me);
    const refusals = await store.writeAll([
      { ...me, collection: 'tds', key: 'a', value: 1 },
      { ...me, collection: 'tds', key: 'lamp', value: 2, ifVersion: 0 },
      { ...me, collection: 'tds', key: 'no\0name', value: 2 },
      { ...me, collection: 'tds', key: 'missing', value: undefined },
      { ...me, collection: 'tds', key: 'b', value: 2 },
    ]);
    expect(refusals.map((refusal) => refusal?.name)).toEqual([
      undefined,
      'precondition-failed',
      'bad-request',
      'not-found',
      undefined,
    ]);
    const listed = (await store.list('tds')).map(({ key, value }) => [key, value]);
    expect(listed).toEqual([
      ['a', 1],
      ['b', 2],
      ['lamp', 1],
    ]);
    expect(await store.writeAll([])).toEqual([]);
  });

  test('groups of ten writers and single writes between them are all stored, each once', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    const writers = Array.from({ length: 10 }, (_, writer) => [
      store.writeAll(
        Array.from({ length: 10 }, (_, n) => {
          return { ...me, collection: 'tds', key: `k${(writer * 3 + n) % 20}`, value: writer };
        }),
      ),
      store.put('tds', `k${writer}`, 'alone', me),
    ]).flat();
    await Promise.all<unknown>(writers);
    const changes = await store.changes({ collections: ['tds'], after: 0, limit: 1_000 });
    expect(changes.map(({ place }) => place)).toEqual(changes.map((_, n) => n + 1));
    expect(changes).toHaveLength(110);
  });
}
