import { describe, expect, test } from 'vitest';
import type { Store, StoredDocument } from '../ports/store.ts';
import { storeChangeTests } from './store-change-tests.ts';
import { storeGroupTests } from './store-group-tests.ts';
import { storeModelTests } from './store-model-tests.ts';
import type { StorePlace } from './store-place.ts';

export type { StorePlace } from './store-place.ts';

type MakePlace = () => Promise<StorePlace>;

/**
 * The suite that every {@link Store} passes: defines tests named after `name`.
 *
 * @param makePlace makes an empty place for one test.
 */
export function storeConformance(name: string, makePlace: MakePlace): void {
  describe(`${name} keeps the contract of a store`, () => {
    versionTests(makePlace);
    preconditionTests(makePlace);
    listTests(makePlace);
    durabilityTests(makePlace);
    nameTests(makePlace);
    storeGroupTests(makePlace);
    storeChangeTests(makePlace);
    storeModelTests(makePlace);
  });
}

const me = { author: 'me' };

function versionTests(makePlace: MakePlace): void {
  test('what was put is got, with its version, author and time', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    const before = await store.put('tds', 'lamp', { title: 'Lamp' }, { author: 'alice' });
    const after = await store.put('tds', 'lamp', { title: 'Light' }, { author: 'bob' });
    expect(before).toMatchObject({ collection: 'tds', key: 'lamp', version: 1, author: 'alice' });
    expect(after).toMatchObject({ version: 2, author: 'bob', value: { title: 'Light' } });
    expect(await store.get('tds', 'lamp')).toEqual(after);
    expect(after.time).toBeGreaterThanOrEqual(before.time);
  });

  test('what nobody put is undefined, in any collection', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    await store.put('tds', 'lamp', 1, me);
    expect(await store.get('tds', 'other')).toBeUndefined();
    expect(await store.get('rules', 'lamp')).toBeUndefined();
    expect(await store.versions('rules', 'lamp')).toEqual([]);
  });

  test('old versions stay as they were, deletions among them', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    await store.put('tds', 'lamp', { n: 1 }, me);
    await store.put('tds', 'lamp', { n: 2 }, { author: 'bob' });
    await store.delete('tds', 'lamp', { author: 'carol' });
    await store.put('tds', 'lamp', null, me);
    const versions = await store.versions('tds', 'lamp');
    expect(versions.map(({ version, author, value }) => [version, author, value])).toEqual([
      [1, 'me', { n: 1 }],
      [2, 'bob', { n: 2 }],
      [3, 'carol', undefined],
      [4, 'me', null],
    ]);
  });

  test('a deleted document is gone, and counts on when it comes back', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    await store.put('tds', 'lamp', 1, me);
    await store.delete('tds', 'lamp', me);
    expect(await store.get('tds', 'lamp')).toBeUndefined();
    expect(await store.list('tds')).toEqual([]);
    expect((await store.put('tds', 'lamp', 2, me)).version).toBe(3);
  });

  test('deleting what is not there is refused', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    await expect(store.delete('tds', 'lamp', me)).rejects.toMatchObject({ name: 'not-found' });
    await store.put('tds', 'lamp', 1, me);
    await store.delete('tds', 'lamp', me);
    await expect(store.delete('tds', 'lamp', me)).rejects.toMatchObject({ name: 'not-found' });
  });
}

function preconditionTests(makePlace: MakePlace): void {
  test('a write that has seen an older version is refused, and changes nothing', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    await store.put('tds', 'lamp', 1, me);
    const newest = await store.put('tds', 'lamp', 2, { ...me, ifVersion: 1 });
    const refused = { name: 'precondition-failed' };
    await expect(store.put('tds', 'lamp', 3, { ...me, ifVersion: 1 })).rejects.toMatchObject(
      refused,
    );
    await expect(store.put('tds', 'lamp', 3, { ...me, ifVersion: 0 })).rejects.toMatchObject(
      refused,
    );
    await expect(store.put('tds', 'lamp', 3, { ...me, ifVersion: 3 })).rejects.toMatchObject(
      refused,
    );
    await expect(store.delete('tds', 'lamp', { ...me, ifVersion: 1 })).rejects.toMatchObject(
      refused,
    );
    expect(await store.get('tds', 'lamp')).toEqual(newest);
  });

  test('ifVersion 0 creates, also what was deleted', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    const absent = { ...me, ifVersion: 0 };
    expect((await store.put('tds', 'lamp', 1, absent)).version).toBe(1);
    await store.delete('tds', 'lamp', { ...me, ifVersion: 1 });
    expect((await store.put('tds', 'lamp', 1, absent)).version).toBe(3);
  });

  test('of 50 who create the same at once, one does', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    const tries = Array.from({ length: 50 }, (_, n) =>
      store.put('tds', 'lamp', n, { ...me, ifVersion: 0 }),
    );
    const results = await Promise.allSettled(tries);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('50 writers who count in one document with ifVersion lose no count', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    const count = async () => {
      for (;;) {
        const before = await store.get('counters', 'one');
        const next = Number(before?.value ?? 0) + 1;
        try {
          await store.put('counters', 'one', next, { ...me, ifVersion: before?.version ?? 0 });
          return;
        } catch (error) {
          expect(error).toMatchObject({ name: 'precondition-failed' });
        }
      }
    };
    await Promise.all(Array.from({ length: 50 }, count));
    expect(await store.get('counters', 'one')).toMatchObject({ value: 50, version: 50 });
  });

  test('50 writers who do not look make 50 versions', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    await Promise.all(Array.from({ length: 50 }, (_, n) => store.put('a', 'b', n, me)));
    const versions = await store.versions('a', 'b');
    expect(versions.map(({ version }) => version)).toEqual(
      Array.from({ length: 50 }, (_, n) => n + 1),
    );
    expect(new Set(versions.map(({ value }) => value)).size).toBe(50);
  });
}

function listTests(makePlace: MakePlace): void {
  test('a list is in code point order, with the newest versions only', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    const keys = ['b', 'B', 'a', 'ä', 'z', '\u{ffee}', '💡', 'a b', 'a-b', ''];
    for (const key of keys) await store.put('tds', key, key, me);
    await store.put('tds', 'a', 'new', me);
    await store.put('rules', 'c', 1, me);
    const listed = await store.list('tds');
    const inOrder = ['', 'B', 'a', 'a b', 'a-b', 'b', 'z', 'ä', '\u{ffee}', '💡'];
    expect(listed.map(({ key }) => key)).toEqual(inOrder);
    expect(listed[2]).toMatchObject({ value: 'new', version: 2 });
  });

  test('the same list is to be had as texts, before and after it was opened again', async () => {
    await using place = await makePlace();
    const values = ['', 'Ω "\\', null, false, 0.5, [], { a: { b: ['x', 1e21] } }];
    const check = async (store: Store) => {
      for (const wanted of [{}, { limit: 3 }, { after: 'k2', limit: 2 }]) {
        const texts = await store.listTexts('tds', wanted);
        const read = texts.map(({ text, ...all }) => ({ ...all, value: JSON.parse(text) }));
        expect(read).toEqual(await store.list('tds', wanted));
      }
      const all = (await store.list('tds')).map(({ value }) => value);
      expect(all).toEqual(values);
    };
    {
      await using store = await place.open();
      for (const [n, value] of values.entries()) await store.put('tds', `k${n}`, value, me);
      await store.put('tds', 'gone', 1, me);
      await store.delete('tds', 'gone', me);
      await check(store);
    }
    await using store = await place.open();
    await check(store);
  });

  test('pages are complete while others write', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    const key = (n: number) => `key-${String(n).padStart(4, '0')}`;
    await Promise.all(Array.from({ length: 100 }, (_, n) => store.put('tds', key(n * 2), n, me)));
    const seen: string[] = [];
    for (let page = await store.list('tds', { limit: 7 }); page.length > 0; ) {
      seen.push(...page.map((document) => document.key));
      const [disturbed] = seen.length % 2 === 0 ? [key(seen.length * 2 + 1)] : [key(0)];
      await store.put('tds', disturbed ?? '', 'new', me);
      page = await store.list('tds', { after: seen.at(-1) ?? '', limit: 7 });
    }
    const first = Array.from({ length: 100 }, (_, n) => key(n * 2));
    expect(seen).toEqual(expect.arrayContaining(first));
    expect(new Set(seen).size).toBe(seen.length);
  });
}

function durabilityTests(makePlace: MakePlace): void {
  test('what was put and deleted is so after opening again', async () => {
    await using place = await makePlace();
    let expected: readonly StoredDocument[];
    {
      await using store = await place.open();
      await store.put('tds', 'a', { text: 'Grüße 💡', list: [1, 2.5, null] }, me);
      await store.put('tds', 'b', 1, me);
      await store.delete('tds', 'b', me);
      expected = [...(await store.list('tds')), ...(await store.versions('tds', 'b'))];
    }
    await using store = await place.open();
    const found = [...(await store.list('tds')), ...(await store.versions('tds', 'b'))];
    expect(found).toEqual(expected);
    expect(found).toHaveLength(3);
  });

  test('a document of 1 MiB is kept', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    const value = 'ü'.repeat(2 ** 19);
    await store.put('tds', 'large', value, me);
    expect((await store.get('tds', 'large'))?.value).toBe(value);
  });
}

function nameTests(makePlace: MakePlace): void {
  test.each([
    ['a NUL', 'a\0b'],
    ['half a surrogate pair', 'a\ud800'],
    ['1,025 bytes', 'x'.repeat(1_025)],
    ['1,026 bytes in 342 characters', '€'.repeat(342)],
  ])('a key with %s is refused', async (_, key) => {
    await using place = await makePlace();
    await using store = await place.open();
    const refused = { name: 'bad-request' };
    await expect(store.put('tds', key, 1, me)).rejects.toMatchObject(refused);
    await expect(store.get('tds', key)).rejects.toMatchObject(refused);
  });

  test('a key of 1,024 bytes is kept', async () => {
    await using place = await makePlace();
    await using store = await place.open();
    const key = `${'€'.repeat(341)}x`;
    await store.put('tds', key, 1, me);
    expect((await store.get('tds', key))?.value).toBe(1);
  });
}
