import { FakeClock } from '@thingtalk/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LoginLimits, networkOf, TokenBuckets } from './rate-limits.ts';

const stranger = '203.0.113.9';

test('a bucket gives its burst at once and then as much as its rate, and never more', () => {
  void fc.assert(
    fc.property(fc.array(fc.nat(2_000), { maxLength: 100 }), (pauses) => {
      const clock = new FakeClock();
      const start = clock.now();
      const buckets = new TokenBuckets(clock, { burst: 5, perSecond: 2 });
      let taken = 0;
      for (const pause of pauses) {
        clock.tick(pause);
        if (buckets.take('one')) taken++;
      }
      expect(taken).toBeLessThanOrEqual(5 + ((clock.now() - start) / 1_000) * 2 + 1e-6);
      expect(taken).toBeGreaterThanOrEqual(Math.min(5, pauses.length));
    }),
  );
});

test('H34 five tries at once from an address, then one each 12 s, 24 s, 48 s, ... up to 15 minutes', () => {
  const clock = new FakeClock();
  const limits = new LoginLimits(clock);
  for (let at = 0; at < 5; at++) limits.begin(`name-${at}`, stranger);
  const waits: number[] = [];
  for (let at = 0; at < 10; at++) {
    const wait = waitOf(() => limits.begin('other', stranger));
    waits.push(wait);
    clock.tick(wait * 1_000);
    limits.begin('other', stranger);
  }
  expect(waits).toEqual([12, 24, 48, 96, 192, 384, 768, 900, 900, 900]);
});

test('H34 whoever succeeds does not get the tries back that failed before', () => {
  const limits = new LoginLimits(new FakeClock());
  for (let at = 0; at < 4; at++) limits.begin('victim', stranger);
  limits.begin('attacker', stranger);
  limits.succeed('attacker', stranger);
  limits.begin('victim', stranger);
  expect(waitOf(() => limits.begin('victim', stranger))).toBe(12);
});

test('H34 many strangers who try one name are slowed down together', () => {
  const limits = new LoginLimits(new FakeClock());
  for (let at = 0; at < 20; at++) limits.begin('victim', `198.51.100.${at}`);
  expect(waitOf(() => limits.begin('victim', '198.51.100.99'))).toBe(12);
});

test('H34 strangers lock nobody out who has logged in from an address before, nor on the machine itself', () => {
  const limits = new LoginLimits(new FakeClock());
  limits.begin('victim', '192.0.2.1');
  limits.succeed('victim', '192.0.2.1');
  for (let at = 0; at < 20; at++) limits.begin('victim', `198.51.100.${at}`);
  expect(() => limits.begin('victim', '192.0.2.1')).not.toThrow();
  expect(() => limits.begin('victim', '127.0.0.1')).not.toThrow();
});

test('after the longest wait without a try all is forgotten', () => {
  const clock = new FakeClock();
  const limits = new LoginLimits(clock);
  for (let at = 0; at < 5; at++) limits.begin('name', stranger);
  clock.tick(2 * 900_000 + 1);
  for (let at = 0; at < 5; at++) limits.begin('name', stranger);
  expect(waitOf(() => limits.begin('name', stranger))).toBe(12);
});

test('a subscriber of IPv6 is one network, however the address is written', () => {
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2');
  expect(networkOf('2001:0DB8:1:2::1')).toBe('2001:db8:1:2');
  expect(networkOf('2001:db8::1')).toBe('2001:db8:0:0');
  expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0');
  expect(networkOf('::1')).toBe('0:0:0:0');
  expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(networkOf('192.0.2.1')).toBe('192.0.2.1');
});

test('whatever an address is, it belongs to some network', () => {
  void fc.assert(
    fc.property(fc.oneof(fc.ipV6(), fc.string()), (address) => void networkOf(address)),
  );
});

function waitOf(attempt: () => void): number {
  try {
    attempt();
  } catch (cause) {
    return (cause as { retryAfterSeconds: number }).retryAfterSeconds;
  }
  return 0;
}
