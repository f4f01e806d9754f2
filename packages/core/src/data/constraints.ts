import type { DataSchema } from './data-schema.ts';
import { isKnownFormat } from './formats.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** The terms that say which values fit; the rest of a schema only describes. */
const plainTerms = [
  'type',
  'const',
  'enum',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'required',
] as const satisfies readonly (keyof DataSchema)[];

/** A schema without what only describes: equal content has equal JSON text, whatever its titles and order. */
export type Constraints = Pick<
  DataSchema,
  (typeof plainTerms)[number] | 'format' | 'oneOf' | 'items' | 'properties'
>;

/**
 * What of a schema says which values fit, in one order.
 *
 * References and unknown terms fall away here, so nothing remote can be followed. A schema that makes no sense is passed on as it is.
 */
export function constraintsOf(schema: DataSchema): Constraints {
  return constrain(schema as JsonObject) as Constraints;
}

function constrain(schema: JsonValue): JsonValue {
  if (!isJsonObject(schema)) return schema;
  const { format, oneOf, items, properties } = schema;
  return {
    ...Object.fromEntries(
      plainTerms.filter((term) => term in schema).map((term) => [term, schema[term] ?? null]),
    ),
    ...(isKnownFormat(format) && { format }),
    ...(oneOf !== undefined && { oneOf: each(oneOf) }),
    ...(items !== undefined && { items: each(items) }),
    ...(properties !== undefined && { properties: members(properties) }),
  };
}

function each(schemas: JsonValue): JsonValue {
  return Array.isArray(schemas) ? schemas.map(constrain) : constrain(schemas);
}

function members(schemas: JsonValue): JsonValue {
  if (!isJsonObject(schemas)) return schemas;
  const byName = Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(byName.map(([name, schema]) => [name, constrain(schema)]));
}
