import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AlikeTexts } from './alike-texts.ts';

test('every text comes back as it was, however alike or unlike they are', () => {
  const part = fc.string({ unit: 'binary', maxLength: 12 });
  const frame = fc.string({ unit: 'binary', minLength: 60, maxLength: 90 });
  void fc.assert(
    fc.property(fc.tuple(frame, frame), fc.array(part), frame, ([before, after], parts, other) => {
      const texts = new AlikeTexts();
      const all = parts.flatMap((own) => [before + own + after, own + other, own]);
      const kept = all.map((text) => texts.keep(text));
      expect(kept.map(String)).toEqual(all);
    }),
  );
});

test('a text that differs little from a former one is kept as the difference, another one whole', () => {
  const texts = new AlikeTexts();
  const lamp = (title: string) => JSON.stringify({ title, description: 'x'.repeat(200) });
  expect(texts.keep(lamp('Lamp 1'))).toBe(lamp('Lamp 1'));
  for (const title of ['Lamp 2', 'Lamp 2', 'Lamp 1', 'Chandelier'])
    expect(texts.keep(lamp(title))).toBeTypeOf('object');
  expect(texts.keep('short')).toBe('short');
  expect(texts.keep(lamp('y'.repeat(500)))).toBeTypeOf('string');
});

test('among many makes each finds its own', () => {
  const texts = new AlikeTexts();
  const make = (name: number, title: string) => `{"title":"${title}"}${`${name}`.repeat(100)}`;
  for (const title of ['a', 'b', 'c']) {
    for (let name = 10; name < 20; name++) {
      const kept = texts.keep(make(name, title));
      expect(typeof kept).toBe(title === 'a' ? 'string' : 'object');
      expect(String(kept)).toBe(make(name, title));
    }
  }
});
