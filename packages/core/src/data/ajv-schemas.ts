import { Ajv, type AnySchemaObject } from 'ajv';
import { cachedSchemas } from './cached-schemas.ts';
import type { DataSchema } from './data-schema.ts';
import { formats } from './formats.ts';
import { interpret } from './interpreted-schemas.ts';
import type { JsonValue } from './json.ts';
import { jsonEquals } from './json-equals.ts';
import { compilePattern } from './pattern.ts';
import type { SchemaCompiler, Validate } from './schema-compiler.ts';

/** Schemas compiled by one Ajv before a new one takes over: an instance never forgets what its code refers to. */
const schemasPerAjv = 500;

/**
 * A compiler that generates code with Ajv: a check takes nanoseconds.
 *
 * The generated code only says whether a value fits. Why one does not is found out by the interpreter, so that both
 * compilers say the same in the same words. Needs `eval`: a page under a strict Content Security Policy takes `interpretedSchemas`.
 */
export function ajvSchemas(): SchemaCompiler {
  let ajv = newAjv();
  let compiled = 0;
  return cachedSchemas((constraints) => {
    if (compiled++ % schemasPerAjv === 0) ajv = newAjv();
    const fits = ajv.compile(ajvSchema(constraints));
    let explain: Validate | undefined;
    return (value) => {
      if (fits(value)) return undefined;
      explain ??= interpret(constraints);
      return explain(value) ?? [{ field: '', description: 'the value does not fit its schema' }];
    };
  });
}

function newAjv(): Ajv {
  const ajv = new Ajv({
    strict: false,
    strictNumbers: true,
    meta: false,
    validateSchema: false,
    addUsedSchema: false,
    messages: false,
    logger: false,
    // Without it a member called `constructor` would be looked for in Object.prototype.
    ownProperties: true,
    // 0.3 / 0.1 is 2.9999999999999996.
    multipleOfPrecision: 6,
    formats: { ...formats },
    code: { regExp: linearTime },
  });
  for (const keyword of [sameAs, sameAsOneOf]) {
    ajv.addKeyword({
      keyword,
      compile: (allowed: readonly JsonValue[]) => (value: unknown) =>
        allowed.some((one) => jsonEquals(value, one)),
    });
  }
  return ajv;
}

// `const` and `enum` of objects and arrays: Ajv's own comparison throws at a member called `valueOf`.
const sameAs = 'sameAs';
const sameAsOneOf = 'sameAsOneOf';

/** Ajv knows an expression by its `toString`, and takes the place of `RegExp` for `pattern`. */
const linearTime = Object.assign(
  (pattern: string) => ({ test: compilePattern(pattern), toString: () => `re2 ${pattern}` }),
  { code: 're2' },
);

const jsonTypes = ['boolean', 'number', 'string', 'object', 'array', 'null'];

function ajvSchema(schema: DataSchema): AnySchemaObject {
  const { const: only, enum: allowed, oneOf, items, properties, ...plain } = schema;
  return {
    ...plain,
    // Names all types rather than none, which makes Ajv refuse Infinity.
    type: schema.type ?? jsonTypes,
    ...(only !== undefined && (isPlain(only) ? { const: only } : { [sameAs]: [only] })),
    ...(allowed !== undefined && {
      [allowed.every(isPlain) ? 'enum' : sameAsOneOf]: allowed,
    }),
    ...(oneOf !== undefined && { oneOf: oneOf.map(ajvSchema) }),
    ...(isList(items) && { items: items.map(ajvSchema) }),
    ...(items !== undefined && !isList(items) && { items: ajvSchema(items) }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, member]) => [name, ajvSchema(member)]),
      ),
    }),
  };
}

function isList(items: DataSchema['items']): items is readonly DataSchema[] {
  return Array.isArray(items);
}

function isPlain(value: JsonValue): boolean {
  return typeof value !== 'object' || value === null;
}
