import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { LengthGuard } from './length-guard.ts';

const publish = (bytes: number) =>
  generate({
    ...{ cmd: 'publish', topic: 't', qos: 0, retain: false, dup: false },
    payload: Buffer.alloc(bytes),
  });

test('packets up to the limit pass however the stream is cut, and the first longer one does not', () => {
  const limit = 1_000;
  const longest = limit - 3; // The topic takes three bytes of the remaining length.
  const sizes = fc.array(fc.integer({ min: 0, max: longest }), { maxLength: 10 });
  const cuts = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 });
  void fc.assert(
    fc.property(sizes, cuts, fc.boolean(), (sizes, cuts, isLong) => {
      const guard = new LengthGuard(limit);
      const packets = sizes.map(publish);
      if (isLong) packets.push(publish(longest + 1));
      const stream = Buffer.concat(packets);
      let passes = true;
      for (let at = 0, n = 0; at < stream.length && passes; n++) {
        const end = at + (cuts[n % cuts.length] ?? 1);
        passes = guard.accepts(stream.subarray(at, end));
        at = end;
      }
      expect(passes).toBe(!isLong);
    }),
  );
});

test('a length of five bytes is malformed, whatever it says', () => {
  const guard = new LengthGuard(1_000);
  expect(guard.accepts(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80]))).toBe(false);
  expect(guard.refusal).toBe('the length of a packet is malformed');
});

test('what is too long is told with its size, the limit and, of a PUBLISH, as much of its topic as came with it', () => {
  const told = (packet: Buffer) => {
    const guard = new LengthGuard(1_000);
    expect(guard.accepts(packet)).toBe(false);
    return guard.refusal;
  };
  const td = generate({
    ...{ cmd: 'publish', topic: 'things/lamp/td', qos: 0, retain: true, dup: false },
    payload: Buffer.alloc(2_000),
  });
  const size = 'is longer than the limit of 1000 bytes';
  expect(told(td)).toBe(`a packet of 2016 bytes on 'things/lamp/td' ${size}`);
  expect(told(td.subarray(0, 10))).toBe(`a packet of 2016 bytes on 'thing' ${size}`);
  expect(told(td.subarray(0, 3))).toBe(`a packet of 2016 bytes ${size}`);
  expect(told(Buffer.from([0x10, 0xff, 0x7f]))).toBe(`a packet of 16383 bytes ${size}`);
});

test('a claim of 256 MB is refused before any of it has come', () => {
  expect(new LengthGuard(1_000).accepts(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]))).toBe(false);
});
