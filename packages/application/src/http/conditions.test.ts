import { Problem } from '@thingtalk/core';
import { expect, it } from 'vitest';
import { checkIfMatch, idempotencyKey, isKnown } from './conditions.ts';

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
});

it.each(['a', 'a b', 'https://example.org/runs/1?x=y', 'ü'.repeat(256), '..x'])(
  'an Idempotency-Key may be %s',
  (key) => {
    expect(idempotencyKey({ 'idempotency-key': key })).toBe(key);
  },
);

it.each([
  ['', "not ''"],
  ['""', "not ''"],
  ['a\u0007b', "not 'a\u0007b'"],
  ['a\u0085', "not 'a\u0085'"],
  ['..', "not '..'"],
  ['x'.repeat(257), "not 'xxx"],
])('an Idempotency-Key that cannot be an id is refused with 400, naming it: %j', (key, named) => {
  const ask = () => idempotencyKey({ 'idempotency-key': key });
  expect(ask).toThrow(Problem);
  expect(ask).toThrow('Idempotency-Key must be');
  expect(ask).toThrow(named);
});
