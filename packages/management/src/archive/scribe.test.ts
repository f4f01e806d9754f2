import type { ThingId } from '@thingtalk/core';
import { FakeClock } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { Scribe } from './scribe.ts';

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const ids = (...names: readonly string[]) => names as readonly ThingId[];

/** A scribe whose groups are written when the test says so. */
function slowScribe() {
  const clock = new FakeClock();
  const told: ReadonlyMap<ThingId, unknown>[] = [];
  const groups: (readonly ThingId[])[] = [];
  const turns: PromiseWithResolvers<ReadonlyMap<ThingId, unknown>>[] = [];
  const scribe = new Scribe({ clock, onError: (failed) => told.push(failed) });
  const plan = (...names: readonly string[]) => {
    for (const id of ids(...names)) scribe.plan(id);
  };
  scribe.begin((group) => {
    const turn = Promise.withResolvers<ReadonlyMap<ThingId, unknown>>();
    groups.push(group);
    turns.push(turn);
    return turn.promise;
  });
  /** Ends the `n`th group. */
  const written = async (n: number, ...failed: readonly string[]) => {
    turns[n]?.resolve(new Map(ids(...failed).map((id) => [id, 'refused'])));
    await settled();
  };
  return { clock, scribe, told, groups, turns, plan, written };
}

test('what is planned while one group is written forms the next, each Thing once', async () => {
  const { groups, plan, written } = slowScribe();
  plan('a', 'b');
  await settled();
  plan('b', 'c', 'b');
  await written(0);
  expect(groups).toEqual([
    ['a', 'b'],
    ['b', 'c'],
  ]);
});

test('one that cannot be written is told and tried again a minute later, and the others are not', async () => {
  const { clock, told, groups, plan, written } = slowScribe();
  plan('a', 'b', 'c');
  await settled();
  await written(0, 'b');
  expect(told).toEqual([new Map([['b', 'refused']])]);
  await clock.advance(60_000);
  expect(groups).toEqual([['a', 'b', 'c'], ['b']]);
});

test('a group that fails as a whole is told once', async () => {
  const { told, plan, turns } = slowScribe();
  plan('a', 'b');
  await settled();
  turns[0]?.reject('full');
  await settled();
  expect(told.map((failed) => [...failed.keys()])).toEqual([['a', 'b']]);
});

test('closing waits for all that is planned, and tries once more what had failed', async () => {
  const { scribe, groups, plan, written } = slowScribe();
  plan('a', 'b');
  await settled();
  await written(0, 'b');
  plan('c');
  await settled();
  const closed = scribe.close(1_000);
  await written(1);
  await written(2);
  expect(await closed).toMatchObject({ count: 0 });
  expect(groups).toEqual([['a', 'b'], ['c'], ['b']]);
  plan('d');
  await settled();
  expect(groups).toHaveLength(3);
});

test('closing gives up in time, and says how many are left', async () => {
  const { clock, scribe, groups, plan, written } = slowScribe();
  plan('a', 'b');
  await settled();
  plan('c');
  const closed = scribe.close(1_000);
  await clock.advance(1_000);
  expect(await closed).toEqual({ count: 3, error: undefined });
  await written(0);
  expect(groups).toHaveLength(1);
});
