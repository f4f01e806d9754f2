import type { JsonValue } from './json.ts';
import type { Unit } from './units.ts';

/** The types a {@link DataSchema} may name. */
export type DataType = 'boolean' | 'integer' | 'number' | 'string' | 'object' | 'array' | 'null';

/**
 * What a value may be. `U` is the type of `unit`: {@link Unit} in a literal that is written here, `string` in a document
 * that came from elsewhere.
 *
 * @see {@link https://www.w3.org/TR/wot-thing-description11/#sec-data-schema-vocabulary-definition | WoT TD 1.1, 5.3.2}
 */
export interface DataSchema<U extends string = string> {
  readonly '@type'?: string | readonly string[];
  readonly type?: DataType;
  readonly title?: string;
  readonly titles?: Readonly<Record<string, string>>;
  readonly description?: string;
  readonly descriptions?: Readonly<Record<string, string>>;
  readonly const?: JsonValue;
  readonly default?: JsonValue;
  readonly enum?: readonly JsonValue[];
  readonly oneOf?: readonly DataSchema<U>[];
  readonly unit?: U;
  readonly format?: string;
  readonly readOnly?: boolean;
  readonly writeOnly?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly contentEncoding?: string;
  readonly contentMediaType?: string;
  readonly items?: DataSchema<U> | readonly DataSchema<U>[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, DataSchema<U>>>;
  readonly required?: readonly string[];
}

/** A schema written as a literal: its units are checked by the compiler. */
export type DataSchemaInit = DataSchema<Unit>;

type Primitive = { boolean: boolean; integer: number; number: number; string: string; null: null };

type Required_<S> = S extends { readonly required: readonly (infer K)[] } ? K : never;

type ObjectOf<P, R> = {
  readonly [K in keyof P as K extends R ? K : never]: ValueOf<P[K]>;
} & { readonly [K in keyof P as K extends R ? never : K]?: ValueOf<P[K]> };

/** The TypeScript type of the values that fit schema `S`, read from its literal. */
export type ValueOf<S> = S extends { readonly const: infer C }
  ? C
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends { readonly oneOf: readonly (infer O)[] }
      ? ValueOf<O>
      : S extends { readonly type: infer T }
        ? T extends keyof Primitive
          ? Primitive[T]
          : T extends 'array'
            ? S extends { readonly items: infer I }
              ? I extends readonly unknown[]
                ? { readonly [K in keyof I]: ValueOf<I[K]> }
                : readonly ValueOf<I>[]
              : readonly JsonValue[]
            : S extends { readonly properties: infer P }
              ? ObjectOf<P, Required_<S>>
              : { readonly [member: string]: JsonValue }
        : JsonValue;
