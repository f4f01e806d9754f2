import { expect, test } from 'vitest';
import type { Store } from '../ports/store.ts';
import type { StorePlace } from './store-place.ts';

const me = { author: 'me' };
const both = ['tds', 'rules'];

/** Everything that was written after a place, read in small pages. */
async function allAfter(store: Store, after: number, collections = both) {
  const found = [...(await store.changes({ collections, after, limit: 3 }))];
  for (let last = found.at(-1); last !== undefined; ) {
    const page = await store.changes({ collections, after: last.place, limit: 3 });
    found.push(...page);
    last = page.at(-1);
  }
  return found;
}

/** What a store says of the order in which it was written. */
export function storeChangeTests(makePlace: () => Promise<StorePlace>): void {
  test('every write has a place after the ones before, with what it took the place of', async () => {
    await using place = await makePlace();
    {
      await using store = await place.open();
      expect(await store.place()).toBe(0);
      await store.put('tds', 'lamp', 1, me);
      await store.put('other', 'x', 1, me);
      await store.put('rules', 'a', 'r', me);
      await store.put('tds', 'lamp', 2, { author: 'bob' });
      await store.delete('tds', 'lamp', me);
    }
    await using store = await place.open();
    const last = await store.put('tds', 'lamp', 3, me);
    expect(await store.place()).toBe(last.place);
    const changes = await allAfter(store, 0);
    expect(
      changes.map(({ collection, version, author, before, value }) => [
        `${collection} ${version} ${author}`,
        before?.value,
        value,
      ]),
    ).toEqual([
      ['tds 1 me', undefined, 1],
      ['rules 1 me', undefined, 'r'],
      ['tds 2 bob', 1, 2],
      ['tds 3 me', 2, undefined],
      ['tds 4 me', undefined, 3],
    ]);
    const places = changes.map((change) => change.place);
    expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b));
    expect(await allAfter(store, changes[2]?.place ?? 0)).toEqual(changes.slice(3));
    expect(await allAfter(store, last.place)).toEqual([]);
  });

  test('who follows 20 writers at once by what it has seen misses nothing, and sees nothing twice', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    const seen: number[] = [];
    let writing = true;
    const follow = async () => {
      for (let after = 0; ; ) {
        const isLast = !writing;
        const page = await store.changes({ collections: ['tds'], after, limit: 7 });
        seen.push(...page.map(({ value }) => value as number));
        after = page.at(-1)?.place ?? after;
        if (page.length === 0 && isLast) return;
      }
    };
    const writer = async (w: number) => {
      for (let n = 0; n < 10; n++) await store.put('tds', `k${n}`, w * 10 + n, me);
    };
    const following = follow();
    await Promise.all(Array.from({ length: 20 }, (_, w) => writer(w)));
    writing = false;
    await following;
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  test('who watches is told of each write, until it stops', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    let told = Promise.withResolvers<void>();
    const stop = store.watch(() => told.resolve());
    await store.put('tds', 'lamp', 1, me);
    await told.promise;
    told = Promise.withResolvers<void>();
    await store.delete('tds', 'lamp', me);
    await told.promise;
    stop();
  });
}
