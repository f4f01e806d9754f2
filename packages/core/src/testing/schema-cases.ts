import type { DataSchema } from '../data/data-schema.ts';
import type { JsonValue } from '../data/json.ts';

/** A schema, values that fit it, and values that do not with the places that must be named. */
export interface SchemaCase {
  readonly name: string;
  readonly schema: DataSchema;
  readonly fit: readonly unknown[];
  readonly refused: readonly (readonly [value: unknown, ...fields: string[]])[];
}

const numeric: DataSchema = { type: 'number' };

const point: DataSchema = {
  type: 'object',
  properties: { x: { type: 'number' }, 'a/b': { type: 'boolean' } },
  required: ['x'],
};

/** What each word of the vocabulary means, by example. */
export const schemaCases: readonly SchemaCase[] = [
  {
    name: 'boolean',
    schema: { type: 'boolean' },
    fit: [true, false],
    refused: [
      ['true', ''],
      [1, ''],
    ],
  },
  {
    name: 'integer',
    schema: { type: 'integer' },
    fit: [0, -3, 1e20],
    refused: [
      [1.5, ''],
      ['25', ''],
      [true, ''],
    ],
  },
  {
    name: 'number',
    schema: { type: 'number' },
    fit: [0.1],
    refused: [
      [Number.POSITIVE_INFINITY, ''],
      [Number.NaN, ''],
      [null, ''],
    ],
  },
  {
    name: 'null',
    schema: { type: 'null' },
    fit: [null],
    refused: [
      [0, ''],
      [undefined, ''],
    ],
  },
  {
    name: 'anything',
    schema: {},
    fit: [null, 1, 'a', [], {}],
    refused: [
      [Number.POSITIVE_INFINITY, ''],
      [undefined, ''],
    ],
  },
  {
    name: 'a range',
    schema: { type: 'number', minimum: 0, maximum: 100 },
    fit: [0, 100],
    refused: [
      [-0.1, ''],
      [100.1, ''],
    ],
  },
  {
    name: 'an open range',
    schema: { exclusiveMinimum: 0, exclusiveMaximum: 1 },
    fit: [0.5, 'not a number'],
    refused: [
      [0, ''],
      [1, ''],
    ],
  },
  {
    name: 'steps of a tenth',
    schema: { type: 'number', multipleOf: 0.1 },
    fit: [0, 0.3, 0.7, 21.1, -4.3],
    refused: [[0.35, '']],
  },
  {
    name: 'length in characters, not code units',
    schema: { type: 'string', minLength: 2, maxLength: 3 },
    fit: ['ab', '😀😀', '😀😀😀'],
    refused: [
      ['😀', ''],
      ['abcd', ''],
    ],
  },
  {
    name: 'a pattern anywhere in the text',
    schema: { type: 'string', pattern: 'b+' },
    fit: ['abc'],
    refused: [['ac', '']],
  },
  {
    name: 'an anchored pattern',
    schema: { type: 'string', pattern: '^[\\w-]+\\/\\d{2}$' },
    fit: ['a-b/12'],
    refused: [['a b/12', '']],
  },
  {
    name: 'an enum',
    schema: { enum: ['a', 1, null] },
    fit: ['a', 1, null],
    refused: [
      ['1', ''],
      [undefined, ''],
    ],
  },
  {
    name: 'an enum of objects',
    schema: { enum: [{ a: 1, b: [2] }, 'x'] },
    fit: [{ b: [2], a: 1 }, 'x'],
    refused: [
      [{ a: 1 }, ''],
      [{ a: 1, b: [3] }, ''],
    ],
  },
  {
    name: 'a constant',
    schema: { const: 0 },
    fit: [0],
    refused: [
      [false, ''],
      ['', ''],
    ],
  },
  {
    name: 'a constant with unusual names',
    schema: { const: { valueOf: 1, constructor: 2 } },
    fit: [{ constructor: 2, valueOf: 1 }],
    refused: [
      [{ valueOf: 1 }, ''],
      [{}, ''],
    ],
  },
  {
    name: 'an object',
    schema: point,
    fit: [{ x: 1 }, { x: 1, 'a/b': true, more: 0 }],
    refused: [
      [{}, '/x'],
      [{ x: '1', 'a/b': 0 }, '/a~1b', '/x'],
      [[], ''],
      [null, ''],
    ],
  },
  {
    name: 'names that Object.prototype has',
    schema: {
      type: 'object',
      properties: { constructor: numeric, valueOf: numeric },
      required: ['constructor'],
    },
    fit: [{ constructor: 1 }],
    refused: [
      [{}, '/constructor'],
      [{ constructor: 'a' }, '/constructor'],
    ],
  },
  {
    name: 'a member called __proto__',
    schema: { type: 'object', required: ['__proto__'] },
    fit: [JSON.parse('{"__proto__": 1}')],
    refused: [[{}, '/__proto__']],
  },
  {
    name: 'an array',
    schema: { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 3 },
    fit: [[1], [1, 2, 3]],
    refused: [
      [[], ''],
      [[1, 2, 3, 4], ''],
      [[1, 'b', 2.5], '/1', '/2'],
    ],
  },
  {
    name: 'a tuple',
    schema: { type: 'array', items: [{ type: 'integer' }, { type: 'string' }] },
    fit: [[], [1], [1, 'a', null]],
    refused: [[['a', 'a'], '/0']],
  },
  {
    name: 'depth',
    schema: { type: 'object', properties: { at: { type: 'array', items: point } } },
    fit: [{ at: [{ x: 1 }] }],
    refused: [[{ at: [{ x: 1 }, { x: null }] }, '/at/1/x']],
  },
  {
    name: 'alternatives, of which exactly one fits',
    schema: { oneOf: [{ type: 'integer' }, { type: 'number', minimum: 10 }] },
    fit: [1, 10.5],
    refused: [
      [11, ''],
      [0.5, ''],
      ['a', ''],
    ],
  },
  {
    name: 'a default, which is never filled in',
    schema: { type: 'object', properties: { a: { type: 'integer', default: 5 } }, required: ['a'] },
    fit: [{ a: 1 }],
    refused: [[{}, '/a']],
  },
];

/** Schemas that make no sense, and what each is refused for. */
export const senselessSchemas: readonly (readonly [JsonValue, string])[] = [
  [{ type: 'string', pattern: '(' }, '/pattern'],
  [{ type: 'string', pattern: '(?=a)b' }, '/pattern'],
  [{ type: 'float' }, '/type'],
  [{ minimum: 5, maximum: 1 }, '/minimum'],
  [{ enum: [] }, '/enum'],
  [{ enum: [1, 2, 1] }, '/enum/2'],
  [{ multipleOf: 0 }, '/multipleOf'],
  [{ minLength: -1 }, '/minLength'],
  [{ properties: { a: { type: 7 } } }, '/properties/a/type'],
  [{ items: [{ required: 'a' }] }, '/items/0/required'],
  [{ properties: [] }, '/properties'],
  ['boolean', ''],
];
