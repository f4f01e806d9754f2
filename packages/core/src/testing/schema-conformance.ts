import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataSchema } from '../data/data-schema.ts';
import type { SchemaCompiler } from '../data/schema-compiler.ts';
import { Problem, type ValidationError } from '../problem/problem.ts';
import { formatCases } from './format-cases.ts';
import { schemaCases, senselessSchemas } from './schema-cases.ts';

/** The shared suite of every {@link SchemaCompiler}. */
export function schemaConformance(name: string, make: () => SchemaCompiler): void {
  describe(`${name} keeps the contract of SchemaCompiler`, () => {
    for (const { name, schema, fit, refused } of [...schemaCases, ...formatCases]) {
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
      for (const [schema, field] of senselessSchemas) {
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
