import type { DataSchema } from '@thingtalk/core';

/** JSON Schema of the year 2020, as OpenAPI 3.1 speaks it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * A TD data schema as JSON Schema: the same words, except that a list of items is `prefixItems` now.
 *
 * Whether it is read-only as a whole is left out: an operation that cannot be done is not in the document.
 */
export function toJsonSchema(schema: DataSchema): JsonSchema {
  const { readOnly, writeOnly, items, properties, oneOf, ...rest } = schema;
  return {
    ...rest,
    ...(items !== undefined && itemsOf(items)),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, member]) => [name, toJsonSchema(member)]),
      ),
    }),
    ...(oneOf && { oneOf: oneOf.map(toJsonSchema) }),
  };
}

function itemsOf(items: NonNullable<DataSchema['items']>): JsonSchema {
  return isTuple(items) ? { prefixItems: items.map(toJsonSchema) } : { items: toJsonSchema(items) };
}

function isTuple(items: NonNullable<DataSchema['items']>): items is readonly DataSchema[] {
  return Array.isArray(items);
}
