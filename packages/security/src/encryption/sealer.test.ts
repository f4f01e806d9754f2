import { randomBytes } from 'node:crypto';
import { Problem } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MasterKey } from './master-keys.ts';
import { Sealer } from './sealer.ts';

const key = new MasterKey(randomBytes(32));
const sealer = new Sealer([key]);
const place = { collection: 'apps', key: 'app_1' };
const canary = 'canary-4711';
const text = fc.string({ unit: 'grapheme' });

/** What opening throws. */
function refusal(sealed: string, from = place): Problem {
  try {
    sealer.open(sealed, from);
  } catch (error) {
    return error as Problem;
  }
  throw new Error('it opened');
}

test('what was sealed opens, at its place, and only there', () =>
  fc.assert(
    fc.property(text, fc.tuple(text, text), text, (value, [collection, key], other) => {
      const sealed = sealer.seal(value, { collection, key });
      expect(sealer.open(sealed, { collection, key })).toBe(value);
      if (other !== key) {
        expect(() => sealer.open(sealed, { collection, key: other })).toThrow(Problem);
      }
      if (other !== collection) {
        expect(() => sealer.open(sealed, { collection: other, key })).toThrow(Problem);
      }
    }),
  ));

test('no two places are the same because their names run together', () => {
  const sealed = sealer.seal(canary, { collection: 'a', key: '","b' });
  expect(refusal(sealed, { collection: 'a","', key: 'b' }).name).toBe('seal-broken');
});

test('the same text is never sealed the same way twice, and tells nothing but its length', () => {
  const all = Array.from({ length: 100 }, () => sealer.seal(canary, place));
  expect(new Set(all.map((sealed) => sealed.slice(22, 40))).size).toBe(100);
  for (const sealed of all) {
    expect(sealed).not.toContain(canary);
    expect(Buffer.from(sealed.slice(22), 'base64url').toString('latin1')).not.toContain(canary);
  }
});

test('a sealed text of which one bit was turned does not open', () => {
  const sealed = sealer.seal(canary, place);
  const head = sealed.slice(0, 22);
  const body = Buffer.from(sealed.slice(22), 'base64url');
  for (let bit = 0; bit < body.length * 8; bit++) {
    const turned = Buffer.from(body);
    turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(refusal(head + turned.toString('base64url')).name).toBe('seal-broken');
  }
  for (let length = 0; length < body.length; length++) {
    expect(refusal(head + body.toString('base64url', 0, length)).name).toBe('seal-broken');
  }
});

test('a refusal names the record, and neither content nor key', () => {
  const problem = refusal(sealer.seal(canary, { ...place, key: 'app_2' }));
  expect(problem.detail).toBe(
    "'app_1' in 'apps' cannot be opened: it was changed, or belongs to another record",
  );
  expect(problem.cause).toBeUndefined();
  expect(refusal(canary).detail).toBe("'app_1' in 'apps' cannot be opened: it is not sealed");
});

test('a new key in front seals, and the old one behind it still opens', () => {
  const next = new MasterKey(randomBytes(32));
  const old = sealer.seal(canary, place);
  const both = new Sealer([next, key]);
  expect(both.open(old, place)).toBe(canary);
  expect(both.isCurrent(old)).toBe(false);
  const fresh = both.seal(canary, place);
  expect(both.isCurrent(fresh)).toBe(true);
  expect(new Sealer([next]).open(fresh, place)).toBe(canary);
  expect(() => new Sealer([next]).open(old, place)).toThrow(`the master key ${key.id} is not here`);
});

test('a text that names another key than sealed it does not open', () => {
  const other = new MasterKey(randomBytes(32));
  const renamed = sealer.seal(canary, place).replace(key.id, other.id);
  expect(() => new Sealer([key, other]).open(renamed, place)).toThrow('it was changed');
});

const garbage = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => {
    return `tts1.${key.id}.${Buffer.from(bytes).toString('base64url')}`;
  }),
  fc.tuple(fc.nat(200), fc.string({ minLength: 1, maxLength: 2 })).map(([at, put]) => {
    const sealed = sealer.seal(canary, place);
    return sealed.slice(0, at) + put + sealed.slice(at);
  }),
);

test('whatever is opened, it is refused as a problem', () =>
  fc.assert(
    fc.property(garbage, (sealed) => {
      const problem = refusal(sealed);
      expect(problem).toBeInstanceOf(Problem);
      expect(problem.name).toBe('seal-broken');
      expect(JSON.stringify(problem)).not.toContain(canary);
    }),
    { numRuns: 500 },
  ));
