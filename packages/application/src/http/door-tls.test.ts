import { expect, test } from 'vitest';
import { isStrictHost } from './door-tls.ts';

test.each(['house.example', 'house.example:8443', 'Pi.Home.Example'])(
  'a browser may be told to insist on TLS for %s',
  (host) => {
    expect(isStrictHost(host)).toBe(true);
  },
);

test.each([
  'localhost',
  'localhost:8080',
  'a.localhost',
  'pi.local:8443',
  'pi',
  '192.0.2.7:8443',
  '[::1]:8443',
])(
  'a browser is not told to for %s, whose other ports belong to others or which is no name',
  (host) => {
    expect(isStrictHost(host)).toBe(false);
  },
);
