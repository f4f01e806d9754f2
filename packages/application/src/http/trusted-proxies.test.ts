import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { TrustedProxies } from './trusted-proxies.ts';

const proxies = new TrustedProxies((address) => /^10\.|^2001:db8:1:/.test(address));

test('what somebody says who is not trusted is nobody’s word', () => {
  const said = {
    'x-forwarded-for': '10.0.0.9',
    'x-forwarded-proto': 'https',
    forwarded: 'for=1.2.3.4',
  };
  expect(proxies.read('192.0.2.7', said)).toBeUndefined();
  expect(proxies.read('', said)).toBeUndefined();
});

describe('what a trusted proxy says', () => {
  it.each([
    [{}, { address: '10.0.0.1' }],
    [{ 'x-forwarded-for': '192.0.2.7' }, { address: '192.0.2.7' }],
    [
      {
        'x-forwarded-for': '192.0.2.7',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'hub.example',
      },
      { address: '192.0.2.7', isSecure: true, host: 'hub.example' },
    ],
    [{ 'x-forwarded-proto': 'http' }, { address: '10.0.0.1', isSecure: false }],
    // What whoever asks has put in front.
    [{ 'x-forwarded-for': '127.0.0.1, 192.0.2.7' }, { address: '192.0.2.7' }],
    [{ 'x-forwarded-for': '127.0.0.1, 192.0.2.7, 10.0.0.2' }, { address: '192.0.2.7' }],
    [
      { 'x-forwarded-for': '127.0.0.1, 192.0.2.7', 'x-forwarded-proto': 'https, http' },
      { address: '192.0.2.7', isSecure: false },
    ],
    // Two proxies, of which the nearer replaces.
    [
      { 'x-forwarded-for': '192.0.2.7, 10.0.0.2', 'x-forwarded-proto': 'https' },
      { address: '192.0.2.7', isSecure: true },
    ],
    [{ 'x-forwarded-for': '10.0.0.3, 10.0.0.2' }, { address: '10.0.0.3' }],
    [{ 'x-forwarded-for': '192.0.2.7:4711' }, { address: '192.0.2.7' }],
    [{ 'x-forwarded-for': '[2001:db8::7]:4711' }, { address: '2001:db8::7' }],
    [{ 'x-forwarded-for': '2001:db8::7' }, { address: '2001:db8::7' }],
    [{ 'x-forwarded-for': '192.0.2.7, unknown' }, { address: '10.0.0.1' }],
    [{ 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'gopher' }, { address: '192.0.2.7' }],
    [
      { forwarded: 'For="[2001:db8:cafe::17]:4711";proto=https;host="hub.example:8443"' },
      { address: '2001:db8:cafe::17', isSecure: true, host: 'hub.example:8443' },
    ],
    [
      { forwarded: 'for=127.0.0.1;proto=http, for=192.0.2.7;proto=https, for=10.0.0.2' },
      { address: '192.0.2.7', isSecure: true },
    ],
    [{ forwarded: 'for="_a,b;c=\\"d", for=_hidden;by=10.0.0.1' }, { address: '10.0.0.1' }],
  ])('%j', (headers, expected) => {
    expect(proxies.read('10.0.0.1', headers)).toEqual(expected);
  });
});

test('what is said in two ways is refused: the proxy wrote one, and whoever asks the other', () => {
  const both = { forwarded: 'for=127.0.0.1', 'x-forwarded-for': '192.0.2.7' };
  expect(() => proxies.read('10.0.0.1', both)).toThrow('both Forwarded and X-Forwarded-');
});

test('whatever stands before the address that a trusted proxy saw changes nothing, or is refused', () => {
  const piece = fc.constantFrom('"', '\\', ',', ';', 'for=', '127.0.0.1', 'for="', 'by="y"');
  const forged = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((all) => all.join('')),
  );
  const seen = fc.constantFrom(
    'for=192.0.2.7',
    'for=192.0.2.7;by="[::1]"',
    'by="a";for="192.0.2.7"',
  );
  const addressOf = (name: string, text: string) => {
    try {
      return proxies.read('10.0.0.1', { [name]: text })?.address;
    } catch (error) {
      return (error as Error).name;
    }
  };
  return fc.assert(
    fc.property(forged, seen, (before, after) => {
      expect(addressOf('x-forwarded-for', `${before}, 192.0.2.7`)).toBe('192.0.2.7');
      expect(addressOf('forwarded', `${before}, ${after}`)).toMatch(/^(192\.0\.2\.7|bad-request)$/);
    }),
  );
});

test('whatever is in the headers, it is read quickly or refused', () => {
  const piece = fc.constantFrom('"', '\\', 'for=', ',', ';', '"\\', 'for="');
  const long = fc.tuple(piece, piece).map((two) => two.join('').repeat(4_000));
  return fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), long), (forwarded) => {
      try {
        expect(proxies.read('10.0.0.1', { forwarded })?.address).toMatch(/^[\da-f.:]+$/i);
      } catch (error) {
        expect((error as Error).name).toBe('bad-request');
      }
    }),
  );
});
