import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { encodePublish, Outgoing } from './outgoing.ts';

test('a packet is, byte for byte, what the encoder of the clients makes of it', () => {
  const packets = fc.record({
    topic: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).map((text) => `t${text}`),
    bytes: fc.oneof(fc.nat(300), fc.nat(40_000), fc.constant(2_200_000)),
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
    retain: fc.boolean(),
    dup: fc.boolean(),
    messageId: fc.integer({ min: 1, max: 65_535 }),
  });
  void fc.assert(
    fc.property(packets, ({ topic, bytes, qos, dup, ...marks }) => {
      const payload = Buffer.alloc(bytes, 7);
      const all = { ...marks, qos, dup: dup && qos > 0 };
      const theirs = generate({ cmd: 'publish', topic, payload, ...all });
      expect(encodePublish(topic, payload, all).equals(theirs)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('all who get a message with QoS 0 get the very same bytes', () => {
  const message = new Outgoing({ topic: 'a', qos: 0, isKept: false }, Buffer.from('1'));
  expect(message.plain()).toBe(message.plain());
});
