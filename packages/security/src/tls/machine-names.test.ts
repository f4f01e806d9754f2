import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isCertificateName, namesOf, thisMachine } from './machine-names.ts';

test('a machine is reached by its name, in full and short, by .local, localhost and every address', () => {
  const machine = {
    hostname: 'Pi.home.lan',
    addresses: ['192.0.2.7', 'fe80::1%eth0', '2001:DB8::7'],
  };
  expect(namesOf(machine, ['House.example', '198.51.100.1'])).toEqual([
    '127.0.0.1',
    '192.0.2.7',
    '198.51.100.1',
    '2001:db8::7',
    '::1',
    'fe80::1',
    'house.example',
    'localhost',
    'pi',
    'pi.home.lan',
    'pi.local',
  ]);
});

test('whatever a machine is called, only what a certificate can say comes out, once and sorted', () => {
  void fc.assert(
    fc.property(fc.string(), fc.array(fc.string()), (hostname, more) => {
      const names = namesOf({ hostname, addresses: more }, more);
      expect(names.every(isCertificateName)).toBe(true);
      expect(names).toEqual([...new Set(names)].sort());
      expect(names).toContain('localhost');
    }),
  );
});

test('this machine has addresses', () => {
  expect(thisMachine().addresses.every((address) => isIP(address.split('%')[0] ?? '') !== 0)).toBe(
    true,
  );
});
