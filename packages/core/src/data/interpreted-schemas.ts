import type { ValidationError } from '../problem/problem.ts';
import { cachedSchemas } from './cached-schemas.ts';
import type { Constraints } from './constraints.ts';
import type { DataType } from './data-schema.ts';
import { formats, isKnownFormat } from './formats.ts';
import { isJsonObject, type JsonValue } from './json.ts';
import { jsonEquals } from './json-equals.ts';
import { pointerTo } from './json-pointer.ts';
import { compilePattern } from './pattern.ts';
import type { SchemaCompiler, Validate } from './schema-compiler.ts';
import { show } from './show.ts';

/**
 * A compiler that makes closures: it needs no `eval`, so it runs under a strict Content Security Policy.
 *
 * `ajvSchemas` from `@thingtalk/core/validate` is several times faster and says the same.
 */
export function interpretedSchemas(): SchemaCompiler {
  return cachedSchemas(interpret);
}

/** The check of a schema that is known to make sense. */
export function interpret(schema: Constraints): Validate {
  const hasType = typeRule(schema.type);
  const rules = Object.entries(schema).flatMap(([term, limit]) =>
    Object.hasOwn(ruleOf, term) ? [ruleOf[term as RuledTerm](limit as never)] : [],
  );
  return (value) => hasType(value) ?? firstOf(rules, value);
}

type RuledTerm = Exclude<keyof Constraints, 'type'>;
type Limit<T extends RuledTerm> = Exclude<Constraints[T], undefined>;

/** How each term refuses a value; a term says nothing about values of a type it is not for. */
const ruleOf: { readonly [T in RuledTerm]: (limit: Limit<T>) => Validate } = {
  const: (only) =>
    refuse((value) => !jsonEquals(value, only) && `${show(value)} is not ${show(only)}`),
  enum: (allowed) =>
    refuse(
      (value) =>
        !allowed.some((one) => jsonEquals(value, one)) &&
        `${show(value)} is not one of ${shortList(allowed)}`,
    ),
  minimum: (least) =>
    refuseNumber((value) => value < least && `${value} is less than the minimum ${least}`),
  maximum: (most) =>
    refuseNumber((value) => value > most && `${value} is more than the maximum ${most}`),
  exclusiveMinimum: (bound) =>
    refuseNumber((value) => value <= bound && `${value} must be more than ${bound}`),
  exclusiveMaximum: (bound) =>
    refuseNumber((value) => value >= bound && `${value} must be less than ${bound}`),
  multipleOf: (step) =>
    refuseNumber((value) => !isMultiple(value, step) && `${value} is not a multiple of ${step}`),
  minLength: (least) =>
    refuseText(
      (value) => lengthOf(value) < least && `${show(value)} is shorter than ${least} characters`,
    ),
  maxLength: (most) =>
    refuseText(
      (value) => lengthOf(value) > most && `${show(value)} is longer than ${most} characters`,
    ),
  pattern: (pattern) => {
    const matches = compilePattern(pattern);
    return refuseText(
      (value) => !matches(value) && `${show(value)} does not match the pattern ${show(pattern)}`,
    );
  },
  format: (format) => {
    const fits = isKnownFormat(format) ? formats[format] : () => true;
    return refuseText((value) => !fits(value) && `${show(value)} is not a ${format}`);
  },
  minItems: (least) =>
    refuseArray((value) => value.length < least && `${show(value)} has fewer items than ${least}`),
  maxItems: (most) =>
    refuseArray((value) => value.length > most && `${show(value)} has more items than ${most}`),
  items: itemsRule,
  properties: propertiesRule,
  required: requiredRule,
  oneOf: oneOfRule,
};

function refuse(reason: (value: unknown) => string | false): Validate {
  return (value) => {
    const description = reason(value);
    return description === false ? undefined : [{ field: '', description }];
  };
}

function refuseNumber(reason: (value: number) => string | false): Validate {
  return refuse((value) => typeof value === 'number' && reason(value));
}

function refuseText(reason: (value: string) => string | false): Validate {
  return refuse((value) => typeof value === 'string' && reason(value));
}

function refuseArray(reason: (value: readonly unknown[]) => string | false): Validate {
  return refuse((value) => Array.isArray(value) && reason(value));
}

const hasType: Readonly<Record<DataType, (value: unknown) => boolean>> = {
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  number: Number.isFinite,
  string: (value) => typeof value === 'string',
  object: isJsonObject,
  array: Array.isArray,
  null: (value) => value === null,
};

const article: Readonly<Record<DataType, string>> = {
  boolean: 'true or false',
  integer: 'an integer',
  number: 'a finite number',
  string: 'a string',
  object: 'an object',
  array: 'an array',
  null: 'null',
};

function typeRule(type: DataType | undefined): Validate {
  if (type === undefined) return refuse((value) => !isJson(value) && `${show(value)} is not JSON`);
  const fits = hasType[type];
  return refuse((value) => !fits(value) && `${show(value)} is not ${article[type]}`);
}

// JSON.parse makes Infinity of 1e400, which JSON.stringify would turn into null.
function isJson(value: unknown): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : value !== undefined;
}

function firstOf(
  rules: readonly Validate[],
  value: unknown,
): readonly ValidationError[] | undefined {
  let errors: readonly ValidationError[] | undefined;
  for (const rule of rules) errors = joined(errors, rule(value));
  return errors;
}

/** Errors that are told about one value; a long array of nonsense would otherwise cost the square of its length. */
const maxErrors = 50;

function joined(
  some: readonly ValidationError[] | undefined,
  more: readonly ValidationError[] | undefined,
): readonly ValidationError[] | undefined {
  if (some === undefined || more === undefined) return some ?? more;
  return some.length >= maxErrors ? some : [...some, ...more].slice(0, maxErrors);
}

function below(
  child: string | number,
  errors: readonly ValidationError[] | undefined,
): readonly ValidationError[] | undefined {
  return errors?.map(({ field, description }) => ({
    field: pointerTo('', child) + field,
    description,
  }));
}

function itemsRule(items: Limit<'items'>): Validate {
  const checks = [items].flat().map(interpret);
  const checkOf = Array.isArray(items) ? (at: number) => checks[at] : () => checks[0];
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    let errors: readonly ValidationError[] | undefined;
    for (let at = 0; at < value.length; at++)
      errors = joined(errors, below(at, checkOf(at)?.(value[at])));
    return errors;
  };
}

function propertiesRule(properties: Limit<'properties'>): Validate {
  const checks = Object.entries(properties).map(
    ([name, schema]) => [name, interpret(schema)] as const,
  );
  return (value) => {
    if (!isJsonObject(value)) return undefined;
    let errors: readonly ValidationError[] | undefined;
    for (const [name, check] of checks) {
      if (has(value, name)) errors = joined(errors, below(name, check(value[name])));
    }
    return errors;
  };
}

function requiredRule(names: Limit<'required'>): Validate {
  return (value) => {
    if (!isJsonObject(value)) return undefined;
    const missing = names.filter((name) => !has(value, name));
    if (missing.length === 0) return undefined;
    return missing.map((name) => ({
      field: pointerTo('', name),
      description: `'${name}' is missing`,
    }));
  };
}

function has(value: { readonly [member: string]: JsonValue }, name: string): boolean {
  return Object.hasOwn(value, name) && value[name] !== undefined;
}

function oneOfRule(schemas: Limit<'oneOf'>): Validate {
  const checks = schemas.map(interpret);
  return refuse((value) => {
    const fitting = checks.filter((check) => check(value) === undefined).length;
    if (fitting === 1) return false;
    return fitting === 0
      ? `${show(value)} fits none of the ${checks.length} alternatives`
      : `${show(value)} fits ${fitting} alternatives instead of one`;
  });
}

// 0.3 / 0.1 is 2.9999999999999996: a multiple within what decimals lose.
function isMultiple(value: number, step: number): boolean {
  const steps = value / step;
  return !(Math.abs(Math.round(steps) - steps) > 1e-6);
}

/** Characters as JSON Schema counts them: code points. */
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

function shortList(values: readonly JsonValue[]): string {
  const shown = values.slice(0, 12).map(show).join(', ');
  return values.length > 12 ? `${shown}, …` : shown;
}
