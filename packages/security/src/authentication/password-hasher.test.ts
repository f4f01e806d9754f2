import { Problem } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leastPasswordCost, PasswordHasher } from './password-hasher.ts';
import { cheapCost } from './testing-world.ts';

test('a hash is argon2id at the least cost that is good enough, and holds its own parameters', async () => {
  const hasher = new PasswordHasher();
  const phc = await hasher.hash('a long enough password');
  expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(await hasher.verify('a long enough password', phc)).toBe(true);
  expect(await hasher.verify('a long enough passwore', phc)).toBe(false);
});

test('the same password never has the same hash', async () => {
  const hasher = new PasswordHasher(cheapCost);
  expect(await hasher.hash('one and the same')).not.toBe(await hasher.hash('one and the same'));
});

test('a password is the same however its letters are composed', async () => {
  const hasher = new PasswordHasher(cheapCost);
  expect(await hasher.verify('cafe\u0301 noir', await hasher.hash('caf\u00e9 noir'))).toBe(true);
});

test('hashing leaves the event loop free', async () => {
  const hasher = new PasswordHasher();
  let isDone = false;
  const hashed = hasher.hash('a long enough password').finally(() => {
    isDone = true;
  });
  await new Promise(setImmediate);
  expect(isDone).toBe(false);
  await hashed;
});

test('beyond two that run and 32 that wait, more are told to come later; all others are served', async () => {
  const hasher = new PasswordHasher(cheapCost);
  const tries = Array.from({ length: 40 }, () => hasher.hash('flood'));
  const results = await Promise.allSettled(tries);
  const refused = results.filter((one) => one.status === 'rejected');
  expect(refused).toHaveLength(6);
  for (const { reason } of refused) {
    expect(reason).toBeInstanceOf(Problem);
    expect(reason.status).toBe(429);
    expect(reason.retryAfterSeconds).toBe(5);
  }
  expect(await hasher.hash('after the flood')).toMatch(/^\$argon2id/);
});

test('a hash made for less than now is outdated, and still good', async () => {
  const phc = await new PasswordHasher(cheapCost).hash('from years ago');
  const now = new PasswordHasher({ ...cheapCost, memory: 128 });
  expect(now.isOutdated(phc)).toBe(true);
  expect(await now.verify('from years ago', phc)).toBe(true);
  expect(new PasswordHasher(cheapCost).isOutdated(phc)).toBe(false);
});

test('H34 without a hash to compare with, the work is done all the same and never succeeds', async () => {
  const hasher = new PasswordHasher(cheapCost);
  expect(await hasher.verify('whatever', undefined)).toBe(false);
});

test('a stored hash that was tampered with is no hash, and asks for no more than the machine has', async () => {
  const hasher = new PasswordHasher(cheapCost);
  const tampered = fc.oneof(
    fc.string(),
    fc.tuple(fc.nat(9_999_999), fc.nat(99), fc.nat(99)).map(([m, t, p]) => {
      // What is bearable is left out here: it would be carried out.
      const memory = m >= 8 * p && p > 0 ? 9_999_999 : m;
      return `$argon2id$v=19$m=${memory},t=${t},p=${p}$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`;
    }),
  );
  await fc.assert(
    fc.asyncProperty(tampered, async (phc) => {
      expect(await hasher.verify('whatever', phc)).toBe(false);
    }),
    { numRuns: 50 },
  );
  expect(leastPasswordCost.memory).toBeGreaterThanOrEqual(19_456);
});
