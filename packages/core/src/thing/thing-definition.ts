import type { DataSchemaInit, ValueOf } from '../data/data-schema.ts';
import type { JsonValue } from '../data/json.ts';
import type { Unit } from '../data/units.ts';
import type {
  ActionAffordance,
  EventAffordance,
  Link,
  PropertyAffordance,
} from '../td/thing-description.ts';
import { ThingId } from '../td/thing-id.ts';
import type { ExposedThing } from './exposed-thing.ts';

/** A Thing Description written as a literal; what is left out is filled in when the Thing is exposed. */
export interface ThingInit {
  readonly title: string;
  readonly description?: string;
  readonly '@type'?: string | readonly string[];
  readonly '@context'?: readonly (string | Readonly<Record<string, JsonValue>>)[];
  readonly version?: { readonly instance: string; readonly model?: string };
  readonly support?: string;
  readonly links?: readonly Link[];
  readonly properties?: Readonly<Record<string, PropertyAffordance<Unit>>>;
  readonly actions?: Readonly<Record<string, ActionAffordance<Unit>>>;
  readonly events?: Readonly<Record<string, EventAffordance<Unit>>>;
}

type Section<T, K extends string> = T extends { readonly [P in K]: infer S }
  ? S
  : Record<never, never>;

/** Names of the properties of a TD literal. */
export type PropertyName<T> = keyof Section<T, 'properties'> & string;
/** Names of the actions of a TD literal. */
export type ActionName<T> = keyof Section<T, 'actions'> & string;
/** Names of the events of a TD literal. */
export type EventName<T> = keyof Section<T, 'events'> & string;

/** The value type of a property of a TD literal. */
export type PropertyValue<T, N extends PropertyName<T>> = ValueOf<Section<T, 'properties'>[N]>;

/** Names of the properties that may be written. */
export type WritableName<T> = {
  [N in PropertyName<T>]: Section<T, 'properties'>[N] extends { readonly readOnly: true }
    ? never
    : N;
}[PropertyName<T>];

type Part<A, K extends string> = A extends { readonly [P in K]: infer S extends DataSchemaInit }
  ? ValueOf<S>
  : undefined;

/** The input type of an action of a TD literal; `undefined` when it takes none. */
export type ActionInput<T, N extends ActionName<T>> = Part<Section<T, 'actions'>[N], 'input'>;
/** The output type of an action of a TD literal; `undefined` when it gives none. */
export type ActionOutput<T, N extends ActionName<T>> = Part<Section<T, 'actions'>[N], 'output'>;
/** The data type of an event of a TD literal; `undefined` when it carries none. */
export type EventData<T, N extends EventName<T>> = Part<Section<T, 'events'>[N], 'data'>;

/** What a running action may do. */
export interface ActionContext<T> {
  /** The Thing it runs on: to report values and emit events. */
  readonly thing: ExposedThing<T>;
  /** The id of this run. */
  readonly id: string;
  /** Aborts when the run is cancelled or has taken too long. */
  readonly signal: AbortSignal;
  /** Tells the world how far the run has come, from 0 to 1. */
  progress(fraction: number): void;
  /** Waits by the Thing's clock; throws when the run is cancelled. */
  delay(ms: number): Promise<void>;
}

/** Carries out an action; what it returns is the output. Throw a `Problem` to fail with a reason of your own. */
export type ActionHandler<T, N extends ActionName<T>> = (
  input: ActionInput<T, N>,
  context: ActionContext<T>,
) =>
  | ActionOutput<T, N>
  | Promise<ActionOutput<T, N>>
  | (ActionOutput<T, N> extends undefined ? Promise<void> | void : never);

/**
 * Carries out a write. What it returns is the value as the device took it (it may round or clamp);
 * returning nothing means it took the value as it was.
 */
export type WriteHandler<T, N extends PropertyName<T>> = (
  value: PropertyValue<T, N>,
  thing: ExposedThing<T>,
) => PropertyValue<T, N> | undefined | void | Promise<PropertyValue<T, N> | undefined | void>;

/** `M`, where an `M` without members takes none: TypeScript lets anything pass for `{}`. */
type Only<M> = [keyof M] extends [never] ? { readonly [name: string]: never } : M;

/** The code behind a Thing; all of it is optional: a writable property without a handler simply keeps what is written. */
export interface ThingHandlers<T> {
  /** The values at the start of a Thing's first life. A memory that outlasts the process gives the later ones what they had. */
  readonly initial?: Only<{ readonly [N in PropertyName<T>]?: PropertyValue<T, N> }>;
  /** Asks the device, when somebody wants the value fresh. Default: the value last reported. */
  readonly read?: Only<{
    readonly [N in PropertyName<T>]?: () => PropertyValue<T, N> | Promise<PropertyValue<T, N>>;
  }>;
  readonly write?: Only<{ readonly [N in WritableName<T>]?: WriteHandler<T, N> }>;
  readonly actions?: Only<{
    readonly [N in ActionName<T>]?:
      | ActionHandler<T, N>
      | { readonly timeoutMs: number; readonly run: ActionHandler<T, N> };
  }>;
  /** Called when the Thing is exposed; what it returns is called when it is taken away. */
  readonly start?: (thing: ExposedThing<T>) => (() => void) | void;
}

/** A Thing that can be exposed: who it is, what it offers, and the code behind it. */
export interface ThingDefinition<T = ThingInit> {
  readonly id: ThingId;
  readonly td: T;
  readonly handlers: ThingHandlers<T>;
}

/**
 * Describes a Thing. Names, value types and units are checked by the compiler against the literal.
 *
 * @param id any URI
 * @throws {@link Problem} `data-schema-mismatch` when `id` is not a URI.
 */
export function defineThing<const T extends ThingInit>(
  id: string,
  td: T,
  handlers: ThingHandlers<T> = {},
): ThingDefinition<T> {
  return { id: ThingId(id), td, handlers };
}
