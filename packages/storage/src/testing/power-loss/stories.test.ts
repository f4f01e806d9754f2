import { expect, test } from 'vitest';
import { faultIn, heardIn, storyOf, textOf } from './stories.ts';

/** Counts from 0 by steps of one, of which each other is about it. */
function counting() {
  let n = 0;
  return storyOf('counter', [0, 1, 2, 3, 4, 5], {
    isAbout: (step) => step % 2 === 1,
    take: () => {
      n++;
    },
    state: () => n,
  });
}

const heard = heardIn(['ask 1', 'ask 2', 'ack 1', 'ask 3']);

test('it may be as after any step that was begun, from the last that was acknowledged on', () => {
  const faults = ['0', '1', '2', '3', '7'].map((found) => faultIn(counting(), heard, found));
  expect(faults).toEqual([
    'counter is as before step 1, and step 1 was acknowledged',
    undefined,
    undefined,
    'counter is as it never was: 3',
    'counter is as it never was: 7',
  ]);
});

test('the order in which members were set does not matter, that of a list does', () => {
  const map = (...names: string[]) => new Map(names.map((name) => [name, 1]));
  expect(textOf({ a: 1, b: map('x', 'y') })).toBe(textOf({ b: map('y', 'x'), a: 1 }));
  expect(textOf([1, 2])).not.toBe(textOf([2, 1]));
});
