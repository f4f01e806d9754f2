import fc from 'fast-check';
import { expect, it } from 'vitest';
import { schemaConformance } from '../testing/schema-conformance.ts';
import { ajvSchemas } from './ajv-schemas.ts';
import type { DataSchema } from './data-schema.ts';
import { interpretedSchemas } from './interpreted-schemas.ts';
import type { JsonValue } from './json.ts';

schemaConformance('ajvSchemas', ajvSchemas);
schemaConformance('ajvSchemas that generates code at once', () =>
  ajvSchemas({ interpretedFirst: 0 }),
);
schemaConformance('interpretedSchemas', interpretedSchemas);

const names = fc.constantFrom('a', 'b', 'constructor', 'valueOf', 'a/b');
const small = fc.constantFrom(-1, 0, 0.1, 0.3, 1, 2, 10, 1.5);
const counts = fc.constantFrom(0, 1, 2);
const texts = fc.constantFrom('', 'a', 'ab', '😀', '2024-01-01', 'a@b');

const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<JsonValue>(null, true, false, Number.POSITIVE_INFINITY),
    small,
    texts,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(names, tie('value'), { maxKeys: 3 }),
  ),
}));

const { schema } = fc.letrec<{ schema: DataSchema }>((tie) => ({
  schema: fc.record(
    {
      type: fc.constantFrom('boolean', 'integer', 'number', 'string', 'object', 'array', 'null'),
      const: value,
      enum: fc.uniqueArray(value, {
        minLength: 1,
        maxLength: 3,
        selector: (one) => JSON.stringify(one),
      }),
      minimum: fc.constantFrom(-1, 0),
      maximum: fc.constantFrom(1, 2),
      exclusiveMinimum: small,
      exclusiveMaximum: small,
      multipleOf: fc.constantFrom(0.1, 1, 2),
      minLength: fc.constantFrom(0, 1),
      maxLength: fc.constantFrom(1, 2),
      pattern: fc.constantFrom('a', '^a?$', '.'),
      format: fc.constantFrom('date', 'email', 'nonsense'),
      minItems: fc.constantFrom(0, 1),
      maxItems: counts.map((n) => n + 1),
      items: fc.oneof(
        { maxDepth: 1 },
        fc.constant({}),
        tie('schema'),
        fc.array(tie('schema'), { maxLength: 2 }),
      ),
      properties: fc.dictionary(names, fc.oneof({ maxDepth: 1 }, fc.constant({}), tie('schema')), {
        maxKeys: 3,
      }),
      required: fc.array(names, { maxLength: 2 }),
      oneOf: fc.array(fc.oneof({ maxDepth: 1 }, fc.constant({}), tie('schema')), {
        minLength: 1,
        maxLength: 2,
      }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<DataSchema>,
}));

/** Schemas of few terms: with all of them together, nothing would ever fit. */
const sparse = schema.chain((whole) =>
  fc.subarray(Object.keys(whole), { maxLength: 3 }).map((terms) => {
    const kept = Object.entries(whole).filter(([term]) => terms.includes(term));
    return Object.fromEntries(kept) as DataSchema;
  }),
);

it('the compiled and the interpreted check agree on every schema and value', () => {
  const compiled = ajvSchemas({ interpretedFirst: 0 });
  const interpreted = interpretedSchemas();
  const schemas = fc.oneof({ weight: 1, arbitrary: schema }, { weight: 4, arbitrary: sparse });
  return fc.assert(
    fc.property(schemas, fc.array(value, { minLength: 1, maxLength: 8 }), (schema, values) => {
      const [one, other] = [compiled.compile(schema), interpreted.compile(schema)];
      for (const value of values) expect(one(value)).toEqual(other(value));
    }),
    { numRuns: 150 },
  );
});

it('the interpreted check and the generated one that takes over say the same of a value', () => {
  const check = ajvSchemas({ interpretedFirst: 2 }).compile({ type: 'integer', maximum: 3 });
  const answers = Array.from({ length: 4 }, () => [check(3), check(4)]);
  expect(answers).toEqual(Array(4).fill([undefined, check(4)]));
  expect(check(4)).toEqual([{ field: '', description: '4 is more than the maximum 3' }]);
});
