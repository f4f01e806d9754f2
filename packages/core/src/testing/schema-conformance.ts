import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataSchema } from '../data/data-schema.ts';
import type { JsonValue } from '../data/json.ts';
import type { SchemaCompiler } from '../data/schema-compiler.ts';
import { Problem, type ValidationError } from '../problem/problem.ts';

/** A schema, values that fit it, and values that do not with the places that must be named. */
interface Case {
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

const cases: readonly Case[] = [
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
    name: 'a date-time',
    schema: { type: 'string', format: 'date-time' },
    fit: ['2024-02-29T12:00:00Z', '2026-11-23t04:51:56.5+01:00'],
    refused: [
      ['2023-02-29T12:00:00Z', ''],
      ['2026-11-23T04:51:56', ''],
      ['now', ''],
    ],
  },
  {
    name: 'a date',
    schema: { format: 'date' },
    fit: ['2000-02-29', 5],
    refused: [
      ['1900-02-29', ''],
      ['2024-13-01', ''],
      ['2024-1-1', ''],
    ],
  },
  {
    name: 'a time',
    schema: { format: 'time' },
    fit: ['23:59:60Z'],
    refused: [
      ['24:00:00Z', ''],
      ['12:00', ''],
    ],
  },
  {
    name: 'a uri',
    schema: { format: 'uri' },
    fit: ['urn:dev:ops:lamp', 'https://example.org/?q=1'],
    refused: [
      ['lamp', ''],
      ['http://a b', ''],
    ],
  },
  {
    name: 'an email',
    schema: { format: 'email' },
    fit: ['a@example.org'],
    refused: [['a.example.org', '']],
  },
  {
    name: 'a uuid',
    schema: { format: 'uuid' },
    fit: ['2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d'],
    refused: [['2c5ea4c0', '']],
  },
  {
    name: 'ip addresses',
    schema: { format: 'ipv4' },
    fit: ['10.0.0.255'],
    refused: [
      ['10.0.0.256', ''],
      ['10.0.0', ''],
      ['1.2.3.4.', ''],
    ],
  },
  {
    name: 'an ipv6 address',
    schema: { format: 'ipv6' },
    fit: ['::1', 'fe80::1:2'],
    refused: [
      ['::g', ''],
      ['1.2.3', ''],
    ],
  },
  {
    name: 'an unknown format, which is only a hint',
    schema: { type: 'string', format: 'color-name' },
    fit: ['anything'],
    refused: [[1, '']],
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

const senseless: readonly (readonly [JsonValue, string])[] = [
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

/** The shared suite of every {@link SchemaCompiler}. */
export function schemaConformance(name: string, make: () => SchemaCompiler): void {
  describe(`${name} keeps the contract of SchemaCompiler`, () => {
    for (const { name, schema, fit, refused } of cases) {
      it(`checks ${name}`, () => {
        const validate = make().compile(schema);
        for (const value of fit) expect(validate(value), JSON.stringify(value)).toBeUndefined();
        for (const [value, ...fields] of refused) {
          expect(fieldsOf(validate(value)).toSorted(), JSON.stringify(value)).toEqual(fields);
        }
      });
    }

    it('says what is wrong in a sentence with the offending value', () => {
      const validate = make().compile({ type: 'integer', maximum: 100 });
      expect(validate(130)).toEqual([
        { field: '', description: '130 is more than the maximum 100' },
      ]);
      expect(validate('x'.repeat(500))?.[0]?.description).toMatch(/^'x{59}…' is not an integer$/);
    });

    it('refuses schemas that make no sense and names the place', () => {
      for (const [schema, field] of senseless) {
        expect(
          fieldsOf(problemOf(() => make().compile(schema as DataSchema)).validationErrors),
        ).toEqual([field]);
      }
    });

    it('compiles equal content once, whatever its titles and the order of its members', () => {
      const compiler = make();
      const first = compiler.compile({ type: 'integer', title: 'A', unit: 'percent', minimum: 0 });
      expect(compiler.compile({ minimum: 0, type: 'integer', title: 'B' })).toBe(first);
      expect(compiler.compile({ minimum: 1, type: 'integer' })).not.toBe(first);
    });

    it('follows no reference and knows no term but those of the standard', () => {
      const schema = {
        $ref: 'http://example.org/x',
        $id: 'y',
        not: {},
        type: 'string',
      } as DataSchema;
      expect(make().compile(schema)('text')).toBeUndefined();
    });

    it('matches in linear time a pattern that would stall a backtracking engine', () => {
      const validate = make().compile({ type: 'string', pattern: '^(([a-z])+.)+[A-Z]([a-z])+$' });
      expect(validate('a'.repeat(20_000))).toHaveLength(1);
    });

    it('neither coerces nor changes the value', () => {
      const value = Object.freeze({ x: Object.freeze([1, 2]), extra: 'kept' });
      expect(
        make().compile({ type: 'object', properties: { x: { items: { type: 'integer' } } } })(
          value,
        ),
      ).toBeUndefined();
    });

    it('tells a bounded number of errors about an array of nonsense', () => {
      const errors = make().compile({ items: { type: 'string' } })(new Array(100_000).fill(1));
      expect(errors?.length).toBeLessThanOrEqual(100);
    });

    it('survives whatever is given as a schema', () =>
      fc.assert(
        fc.property(
          fc.jsonValue({ maxDepth: 3 }),
          fc.jsonValue({ maxDepth: 2 }),
          (schema, value) => {
            try {
              make().compile(schema as DataSchema)(value);
            } catch (error) {
              expect(error).toBeInstanceOf(Problem);
            }
          },
        ),
        { numRuns: 50 },
      ));
  });
}

function fieldsOf(errors: readonly ValidationError[] | undefined): readonly string[] {
  return (errors ?? []).map(({ field }) => field);
}

function problemOf(act: () => unknown): Problem {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem && error.name === 'td-invalid') return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
