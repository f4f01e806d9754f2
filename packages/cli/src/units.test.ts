import type { DataSchema } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { table } from './table.ts';
import { printable, styleFor, wantsColour } from './terminal.ts';
import { readValue } from './value.ts';

test.each([
  ['40', { type: 'integer' }, 40],
  ['40', { type: 'string' }, '40'],
  ['"40"', { type: 'string' }, '40'],
  ['true', { type: 'boolean' }, true],
  ['warm', { enum: ['warm', 'cold'] }, 'warm'],
  ['1', { enum: ['1', '2'] }, '1'],
  ['1', { enum: [1, 2] }, 1],
  ['#ff8800', { type: 'string' }, '#ff8800'],
  ['{"a":1}', { type: 'object' }, { a: 1 }],
  ['high', { type: 'integer' }, 'high'],
  ['null', undefined, null],
] as const)('%s with the schema %j is read as %j', (text, schema, value) => {
  expect(readValue(text, schema as DataSchema | undefined)).toEqual(value);
});

test('whatever is typed for a text is a text', async () => {
  await fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(typeof readValue(text, { type: 'string' })).toBe('string');
    }),
  );
});

test('colours are for terminals, and for those who want them', () => {
  expect(wantsColour({}, true, [])).toBe(true);
  expect(wantsColour({}, false, [])).toBe(false);
  expect(wantsColour({ NO_COLOR: '1' }, true, [])).toBe(false);
  expect(wantsColour({ NO_COLOR: '' }, true, [])).toBe(true);
  expect(wantsColour({ TERM: 'dumb' }, true, [])).toBe(false);
  expect(wantsColour({}, true, ['--no-color'])).toBe(false);
  expect(styleFor(true).red('x')).toBe('\u001b[31mx\u001b[0m');
  expect(styleFor(false).red('x')).toBe('x');
});

test('printable text has no control characters, and plain text stays as it is', async () => {
  await fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }),
  );
  expect(printable('Küche 🙂')).toBe('Küche 🙂');
});

test('columns line up, and nothing trails', () => {
  expect(
    table([
      ['a', 'bb'],
      ['ccc', 'd'],
    ]),
  ).toEqual(['a    bb', 'ccc  d']);
});
