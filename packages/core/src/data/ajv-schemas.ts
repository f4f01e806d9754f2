import { Ajv, type AnySchemaObject } from 'ajv';
import { cachedSchemas } from './cached-schemas.ts';
import type { Constraints } from './constraints.ts';
import type { DataSchema } from './data-schema.ts';
import { formats } from './formats.ts';
import { interpret } from './interpreted-schemas.ts';
import type { JsonValue } from './json.ts';
import { jsonEquals } from './json-equals.ts';
import { compilePattern } from './pattern.ts';
import type { SchemaCompiler } from './schema-compiler.ts';

/** Schemas compiled by one Ajv before a new one takes over: an instance never forgets what its code refers to. */
const schemasPerAjv = 500;

/** How {@link ajvSchemas} goes about it. */
export interface AjvOptions {
  /**
   * How many checks of a schema are interpreted before code is generated for it. Default 1,000, which take about as long as
   * to generate it: a start needs none, and what is checked all the time is soon compiled.
   */
  readonly interpretedFirst?: number;
}

/**
 * A compiler that generates code with Ajv for what is checked often: a check then takes nanoseconds.
 *
 * The generated code only says whether a value fits. Why one does not is found out by the interpreter, so that both
 * compilers say the same in the same words. Needs `eval`: a page under a strict Content Security Policy takes `interpretedSchemas`.
 */
export function ajvSchemas({ interpretedFirst = 1_000 }: AjvOptions = {}): SchemaCompiler {
  const generate = codeGenerator();
  return cachedSchemas((constraints) => {
    const explain = interpret(constraints);
    let left = interpretedFirst;
    let fits: Fits | undefined;
    return (value) => {
      if (left > 0) {
        left -= 1;
        return explain(value);
      }
      fits ??= generate(constraints);
      if (fits(value)) return undefined;
      return explain(value) ?? [{ field: '', description: 'the value does not fit its schema' }];
    };
  });
}

type Fits = (value: unknown) => unknown;

function codeGenerator(): (constraints: Constraints) => Fits {
  let ajv: Ajv | undefined;
  let generated = 0;
  return (constraints) => {
    if (ajv === undefined || generated % schemasPerAjv === 0) ajv = newAjv();
    generated += 1;
    return ajv.compile(ajvSchema(constraints));
  };
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
