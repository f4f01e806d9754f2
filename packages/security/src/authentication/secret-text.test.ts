import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOfKind, makeSecret, readSecret, sameHash } from './secret-text.ts';

test('a secret that was made reads as its own id and hash', () => {
  const secret = makeSecret('pat');
  expect(secret.text).toMatch(/^tt_pat_[a-z0-9]{16}_[a-z0-9]{59}$/);
  expect(readSecret('pat', secret.text)).toEqual({ id: secret.id, hash: secret.hash });
});

test('a secret is of its own kind only', () => {
  const { text } = makeSecret('guest');
  expect(isOfKind('guest', text)).toBe(true);
  expect(readSecret('pat', text)).toBeUndefined();
});

test('two secrets are never the same', () => {
  const texts = Array.from({ length: 1_000 }, () => makeSecret('pat').text);
  expect(new Set(texts).size).toBe(1_000);
});

test('any character mistyped is noticed before anything is looked up', () => {
  const { text } = makeSecret('pat');
  void fc.assert(
    fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, other) => {
      const typed = text.slice(0, at) + other + text.slice(at + 1);
      expect(readSecret('pat', typed) === undefined).toBe(typed !== text);
    }),
  );
});

test('whatever is read never throws', () => {
  void fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
      expect(readSecret('pat', text)).toBeUndefined();
      expect(readSecret('pat', `tt_pat_${text}`)).toBeUndefined();
    }),
  );
});

test('hashes are the same only when every character is', () => {
  const { hash } = makeSecret('pat');
  expect(sameHash(hash, hash)).toBe(true);
  expect(sameHash(hash, makeSecret('pat').hash)).toBe(false);
  expect(sameHash(hash, '')).toBe(false);
});
