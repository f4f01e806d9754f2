import { expect, it } from 'vitest';
import { checkIfMatch, idempotencyKey, isKnown, preferredWaitMs } from './conditions.ts';

it.each([
  [undefined, undefined],
  ['wait=5', 5_000],
  ['respond-async, wait=10', 10_000],
  ['wait = "7"', 7_000],
  ['wait=999', 30_000],
  ['await=5', undefined],
  ['wait=soon', undefined],
])('Prefer: %s waits %s ms', (prefer, ms) => {
  expect(preferredWaitMs({ prefer })).toBe(ms);
});

it.each([
  ['"3"', true],
  ['W/"3"', true],
  ['"1", "3"', true],
  ['*', true],
  ['"33"', false],
])('If-None-Match: %s knows "3": %s', (condition, known) => {
  expect(isKnown({ 'if-none-match': condition }, '"3"')).toBe(known);
});

it('If-Match refuses where there is no state at all', () => {
  expect(() => checkIfMatch({ 'if-match': '*' }, undefined)).toThrow('none');
  expect(() => checkIfMatch({}, undefined)).not.toThrow();
});

it('an Idempotency-Key may be quoted, as the draft has it', () => {
  expect(idempotencyKey({ 'idempotency-key': '"abc-1"' })).toBe('abc-1');
  expect(() => idempotencyKey({ 'idempotency-key': 'a b' })).toThrow("'a b'");
});
