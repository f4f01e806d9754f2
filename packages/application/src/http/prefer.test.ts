import fc from 'fast-check';
import { expect, it } from 'vitest';
import { preferences, preferredWaitMs, prefersAsync } from './prefer.ts';

it.each([
  [undefined, undefined],
  ['wait=5', 5_000],
  ['respond-async, wait=10', 10_000],
  ['wait = "7"', 7_000],
  ['wait=999', 30_000],
  ['wait=1, wait=2', 1_000],
  ['foo="a, wait=9"', undefined],
  ['foo=bar;wait=9', undefined],
  ['await=5', undefined],
  ['wait=soon', undefined],
])('Prefer: %s waits %s ms', (prefer, ms) => {
  expect(preferredWaitMs({ prefer })).toBe(ms);
});

it.each([
  [undefined, false],
  ['respond-async', true],
  ['Respond-Async; foo="bar"', true],
  ['return=minimal , respond-async,wait=5', true],
  [['wait=5', 'respond-async'], true],
  ['foo="respond-async"', false],
  ['foo="a\\", respond-async"', false],
  ['respond-async-not', false],
])('Prefer: %s prefers to be answered before it is done: %s', (prefer, isPreferred) => {
  expect(prefersAsync({ prefer })).toBe(isPreferred);
});

const name = fc.stringMatching(/^[a-z][a-z\d-]{0,8}$/);
const quoted = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`;

it('what was preferred is understood, however it is quoted and spaced', async () => {
  const preference = fc.tuple(name, fc.string(), fc.constantFrom('', ' ', '\t'));
  await fc.assert(
    fc.property(fc.uniqueArray(preference, { selector: ([key]) => key }), (all) => {
      const text = all.map(([key, value, gap]) => `${gap}${key}${gap}=${gap}${quoted(value)};p=1`);
      const expected = all.map(([key, value]) => [key, value]);
      expect([...preferences(text.join(','))]).toEqual(expected);
    }),
  );
});

it('whatever is sent is understood or left out', async () => {
  const noise = fc.string({ unit: fc.constantFrom(...'wait=5,;" \\\t-ré'), maxLength: 60 });
  await fc.assert(
    fc.property(fc.oneof(noise, fc.string()), (prefer) => {
      for (const key of preferences(prefer).keys()) expect(key).toMatch(/^[^\s",;=]+$/);
      expect([undefined, ...Array.from({ length: 31 }, (_, n) => n * 1_000)]).toContain(
        preferredWaitMs({ prefer }),
      );
    }),
    { numRuns: 2_000 },
  );
});
