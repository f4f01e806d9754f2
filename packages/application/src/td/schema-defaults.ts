import type { DataSchema } from '@thingtalk/core';

type Schemas = Readonly<Record<string, DataSchema>>;

/**
 * A data schema, and all within it, with what it leaves to a default written out.
 *
 * @see {@link https://www.w3.org/TR/wot-thing-description11/#sec-default-values | WoT TD 1.1, 5.4}
 */
export function withSchemaDefaults<S extends DataSchema>(schema: S): S {
  const { readOnly = false, writeOnly = false, properties, items, oneOf } = schema;
  return {
    ...schema,
    readOnly,
    writeOnly,
    ...(properties && { properties: eachWithDefaults(properties) }),
    ...(items && { items: itemsWithDefaults(items) }),
    ...(oneOf && { oneOf: oneOf.map(withSchemaDefaults) }),
  };
}

/** Schemas by name, each with its defaults. */
export function eachWithDefaults(schemas: Schemas): Schemas {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, withSchemaDefaults(schema)]),
  );
}

/** Those of `names` that are schemas of an affordance, each with its defaults. */
export function partsWithDefaults<A extends object>(
  affordance: A,
  names: readonly (keyof A & string)[],
): A {
  const parts = names.flatMap((name) => {
    const schema = affordance[name] as DataSchema | undefined;
    return schema === undefined ? [] : [[name, withSchemaDefaults(schema)] as const];
  });
  return { ...affordance, ...Object.fromEntries(parts) };
}

function itemsWithDefaults(items: NonNullable<DataSchema['items']>): DataSchema['items'] & object {
  return isTuple(items) ? items.map(withSchemaDefaults) : withSchemaDefaults(items);
}

function isTuple(items: NonNullable<DataSchema['items']>): items is readonly DataSchema[] {
  return Array.isArray(items);
}
