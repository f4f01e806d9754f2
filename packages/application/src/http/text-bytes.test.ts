import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextBytes } from './text-bytes.ts';

test('the bytes are those of the texts joined, however many were expected', async () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constant('ä€💡'));
  await fc.assert(
    fc.property(fc.array(text), fc.nat(100), (texts, expected) => {
      const joined = new TextBytes(expected);
      for (const text of texts) joined.add(text);
      expect(joined.bytes.toString()).toBe(Buffer.from(texts.join('')).toString());
    }),
  );
});
