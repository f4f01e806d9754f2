import { expect, it } from 'vitest';
import { isNetwork, Networks } from './networks.ts';

it.each([
  ['10.0.0.0/8', '10.255.255.255', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['10.0.0.0/8', '::ffff:10.1.2.3', true],
  ['10.0.0.0/8', '::ffff:a01:203', true],
  ['192.168.1.77/24', '192.168.1.1', true],
  ['192.168.1.1', '192.168.1.1', true],
  ['192.168.1.1', '192.168.1.2', false],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['0.0.0.0/0', 'fd00::1', false],
  ['::/0', 'fd00::1', true],
  ['::/0', '203.0.113.9', false],
  ['::/0', '::ffff:203.0.113.9', false],
  ['fe80::/10', 'fe80::1%eth0', true],
  ['fd00::/8', 'fe80::1', false],
  ['::1', '::1', true],
])('%s holds %s: %s', (network, address, isIn) => {
  expect(isNetwork(network)).toBe(true);
  expect(new Networks([network]).has(address)).toBe(isIn);
});

it('of what is no address it cannot be said', () => {
  for (const text of ['', 'localhost', '10.0.0', '10.0.0.1.', '1'.repeat(10_000)])
    expect(new Networks(['0.0.0.0/0']).has(text)).toBeUndefined();
});
