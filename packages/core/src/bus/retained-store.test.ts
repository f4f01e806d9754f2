import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Payload } from '../data/payload.ts';
import { naiveMatch } from '../testing/naive-match.ts';
import { RetainedStore } from './retained-store.ts';

const name = fc.constantFrom('', 'a', 'b', '$s', 'ü');
const levels = fc.array(name, { minLength: 1, maxLength: 5 });
// Many tails under one stem, so that shelves of both kinds are met.
const crowded = fc.nat(40).map((n) => ['a', 'b', `n${n}`]);
const topic = fc.oneof(levels, crowded).map((levels) => levels.join('/'));
const filter = fc
  .tuple(
    fc.array(fc.oneof(name, fc.constantFrom('+', 'n7')), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '/#'),
  )
  .map(([levels, end]) => levels.join('/') + end);
const filters = fc.array(fc.oneof(filter, fc.constantFrom('#', 'a/b/+', 'a/#')), { maxLength: 30 });
const steps = fc.array(fc.tuple(topic, fc.boolean()), { maxLength: 200 });

test('the retained store finds exactly what a look at every topic finds', async () => {
  await fc.assert(
    fc.property(steps, filters, (steps, filters) => {
      const store = new RetainedStore();
      const model = new Map<string, Payload>();
      for (const [at, [topic, keep]] of steps.entries()) {
        const payload = keep ? Payload.of(at) : Payload.empty;
        store.set(topic, payload);
        if (keep) model.set(topic, payload);
        else model.delete(topic);
      }
      for (const [topic] of steps) expect(store.get(topic)).toBe(model.get(topic));
      for (const filter of filters) {
        const expected = [...model.keys()].filter((topic) => naiveMatch(filter, topic));
        expect(store.topics(filter).sort()).toEqual(expected.sort());
      }
    }),
  );
});

test('what is kept comes back byte for byte: alike or not, text or not, from a larger chunk or not', () => {
  const text = fc.tuple(fc.string({ unit: 'binary' }), fc.constantFrom('', 'x'.repeat(200)));
  const bytes = fc.oneof(
    text.map(([own, same]) => new TextEncoder().encode(own + same)),
    fc.uint8Array(),
  );
  const payload = bytes.chain((bytes) =>
    fc.constantFrom(Payload.ofBytes(bytes), Payload.ofBytes(inChunk(bytes))),
  );
  void fc.assert(
    fc.property(fc.array(payload), (payloads) => {
      const store = new RetainedStore();
      for (const [at, payload] of payloads.entries()) store.set(`things/${at}/td`, payload);
      for (const [at, payload] of payloads.entries()) {
        const expected = payload.isEmpty ? undefined : Uint8Array.from(payload.bytes());
        const found = store.get(`things/${at}/td`)?.bytes();
        expect(found && Uint8Array.from(found)).toEqual(expected);
      }
    }),
  );
});

/** The same bytes, as a part of what came in one go. */
function inChunk(bytes: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(bytes.length + 1_000);
  chunk.set(bytes, 500);
  return chunk.subarray(500, 500 + bytes.length);
}
