import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from './json.ts';
import { Payload } from './payload.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

describe('a payload', () => {
  it('of a value hands on that very value, and is encoded once', () => {
    const value = { on: true };
    const payload = Payload.of(value);
    expect(payload.json()).toBe(value);
    expect(payload.text()).toBe('{"on":true}');
    expect(payload.bytes()).toBe(payload.bytes());
  });

  it('of bytes is decoded once', () => {
    const payload = Payload.ofBytes(utf8('{"on": true}'));
    expect(payload.json()).toBe(payload.json());
    expect(payload.text()).toBe('{"on": true}');
  });

  it('is empty only when nothing is in it', () => {
    for (const empty of [Payload.empty, Payload.ofBytes(new Uint8Array()), Payload.ofText('')]) {
      expect(empty.isEmpty).toBe(true);
      expect(empty.bytes()).toHaveLength(0);
      expect(() => empty.json()).toThrow(expect.objectContaining({ name: 'payload-invalid' }));
    }
    for (const full of [Payload.of(null), Payload.of(''), Payload.ofText(' ')]) {
      expect(full.isEmpty).toBe(false);
    }
  });

  it('that is not UTF-8 is refused', () => {
    const payload = Payload.ofBytes(new Uint8Array([0x22, 0xff, 0x22]));
    expect(() => payload.json()).toThrow('the payload is not UTF-8');
  });

  it('that begins with a byte order mark is not JSON', () => {
    expect(() => Payload.ofBytes(utf8('\ufeff1')).json()).toThrow(/^not JSON/);
  });

  it('means the same as value, text and bytes', () =>
    fc.assert(
      fc.property(fc.jsonValue(), (anything) => {
        const value = JSON.parse(JSON.stringify(anything)) as JsonValue;
        const bytes = Payload.of(value).bytes();
        expect(Payload.ofBytes(bytes).json()).toEqual(value);
        expect(Payload.ofText(Payload.ofBytes(bytes).text()).json()).toEqual(value);
      }),
    ));

  it('of any bytes is read or refused as payload-invalid', () =>
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          Payload.ofBytes(bytes).json();
        } catch (error) {
          expect(error).toMatchObject({ name: 'payload-invalid' });
        }
      }),
    ));
});
