import { FakeClock } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { ConnectionRate } from './connection-rate.ts';

test('an address gets so many connections a second, and the others theirs', () => {
  const clock = new FakeClock();
  const rate = new ConnectionRate(2, clock);
  const admitted = () =>
    ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2'].map((a) => rate.admits(a));
  expect(admitted()).toEqual([true, true, false, true]);
  clock.tick(1_000);
  expect(admitted()).toEqual([true, true, false, true]);
});

test.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('the loopback %s is not limited', (address) => {
  const rate = new ConnectionRate(0, new FakeClock());
  expect(rate.admits(address)).toBe(true);
});
