import type { ValidationError } from '../problem/problem.ts';
import type { DataSchema } from './data-schema.ts';

/**
 * Says what is wrong with a value: `undefined` when nothing is.
 *
 * Each error's `field` is a JSON pointer into the value.
 */
export type Validate = (value: unknown) => readonly ValidationError[] | undefined;

/**
 * Turns a schema into a check, once for each schema content.
 *
 * Patterns are matched in linear time, so a schema from outside cannot stall the process.
 * Nothing is coerced and nothing is filled in. Every implementation runs `schemaConformance` from `@thingtalk/core/testing`.
 */
export interface SchemaCompiler {
  /** @throws {@link Problem} `td-invalid` when the schema itself makes no sense, such as a broken pattern. */
  compile(schema: DataSchema): Validate;
}
