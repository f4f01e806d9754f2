import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareCodePoints } from './code-points.ts';

const codePoints = (text: string) => [...text].map((one) => one.codePointAt(0) ?? 0);

it('texts are in the order of their code points', () => {
  expect(['💡', '\u{ffee}', 'z', '', 'B', 'a', 'ab'].sort(compareCodePoints)).toEqual([
    '',
    'B',
    'a',
    'ab',
    'z',
    '\u{ffee}',
    '💡',
  ]);
});

it('two texts compare as the lists of their code points do', async () => {
  const text = fc.string({ unit: 'grapheme' });
  await fc.assert(
    fc.property(text, text, (a, b) => {
      const [left, right] = [codePoints(a), codePoints(b)];
      const at = left.findIndex((point, index) => point !== right[index]);
      const first = at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
      expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(first));
      expect(compareCodePoints(b, a)).toBe(-compareCodePoints(a, b) + 0);
    }),
  );
});
