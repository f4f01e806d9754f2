import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import { Problem } from '../problem/problem.ts';
import { isNotAfter, isStamp, openEnvelope } from './envelope.ts';

const stamp = { e: 1_700_000_000_000, s: 3, t: 1_700_000_000_500 };

test('a stamp is taken out, and the members stay as they were', () => {
  const payload = Payload.of({ on: true, $: stamp });
  expect(openEnvelope(payload, isStamp)).toEqual({ members: { on: true }, stamp });
  expect(openEnvelope(Payload.of({ on: true }), isStamp).stamp).toBeUndefined();
});

test.each([[null], [1], [[]], ['text'], [{ $: 1 }], [{ $: { e: 1, s: -1, t: 1 } }], [{ $: {} }]])(
  'the message %j is refused',
  (value) => {
    expect(() => openEnvelope(Payload.of(value), isStamp)).toThrow(Problem);
  },
);

test('any bytes are opened or refused with a Problem', () => {
  void fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        expect(openEnvelope(Payload.ofBytes(bytes), isStamp).members).toBeTypeOf('object');
      } catch (error) {
        expect(error).toBeInstanceOf(Problem);
      }
    }),
  );
});

test('any JSON object keeps its members', () => {
  const members = fc.dictionary(
    fc.string().filter((name) => name !== '$'),
    fc.jsonValue(),
  );
  void fc.assert(
    fc.property(members, (members) => {
      const payload = Payload.ofText(JSON.stringify({ ...members, $: stamp }));
      const expected = JSON.parse(JSON.stringify(members)) as JsonObject;
      expect(openEnvelope(payload, isStamp).members).toEqual(expected);
    }),
  );
});

test('of two different stamps exactly one is after the other', () => {
  const any = fc.record({ e: fc.nat(5), s: fc.nat(5) });
  void fc.assert(
    fc.property(any, any, (a, b) => {
      const isSame = a.e === b.e && a.s === b.s;
      expect(isNotAfter(a, b) && isNotAfter(b, a)).toBe(isSame);
      expect(isNotAfter(a, b) || isNotAfter(b, a)).toBe(true);
    }),
  );
});
