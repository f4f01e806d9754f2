import type {
  ActionInput,
  ActionName,
  EventData,
  EventName,
  PropertyName,
  PropertyValue,
  ThingDescription,
  ThingInit,
} from '@thingtalk/core';
import type { AffordanceKind } from './forms.ts';
import { ProblemError } from './problem-error.ts';

/** A Thing of which nothing is known when the program is written: any name, and any JSON value. */
export interface AnyThing {
  readonly title: string;
  readonly properties: Readonly<Record<string, Record<never, never>>>;
  readonly actions: Readonly<
    Record<string, { readonly input: Record<never, never>; readonly output: Record<never, never> }>
  >;
  readonly events: Readonly<Record<string, { readonly data: Record<never, never> }>>;
}

/** A Thing's id and its TD literal, as `defineThing` of core gives them. */
export interface ThingLiteral<T> {
  readonly id: string;
  readonly td: T;
}

/** Properties by name, as far as their values are known. */
export type PropertyValues<T> = { readonly [N in PropertyName<T>]?: PropertyValue<T, N> };

/** A property and its value, told apart by `name`. */
export type PropertyChange<T> = {
  [N in PropertyName<T>]: { readonly name: N; readonly value: PropertyValue<T, N> };
}[PropertyName<T>];

/** An event and its data, told apart by `name`. */
export type ThingEvent<T> = {
  [N in EventName<T>]: { readonly name: N; readonly data: EventData<T, N> };
}[EventName<T>];

/** What follows an action's name: its input where it takes one, then options. */
export type InvokeArguments<T, N extends ActionName<T>, O> =
  string extends ActionName<T>
    ? [input?: ActionInput<T, N>, options?: O]
    : ActionInput<T, N> extends undefined
      ? [input?: undefined, options?: O]
      : [input: ActionInput<T, N>, options?: O];

/**
 * Whether the Thing that is served offers what the literal promises its program.
 *
 * @throws {@link ProblemError} `td-invalid` naming each place where it does not.
 */
export function checkAgainst(literal: ThingInit, td: ThingDescription): void {
  const errors = [
    ...differences('properties', literal, td),
    ...differences('actions', literal, td),
    ...differences('events', literal, td),
  ];
  if (errors.length === 0) return;
  const list = errors.map(({ field, description }) => `${field} ${description}`).join('; ');
  throw ProblemError.from(
    {
      type: 'urn:thingtalk:problem:td-invalid',
      title: 'The Thing Description is not valid',
      status: 400,
      detail: `${td.id} is served otherwise than the program describes it: ${list}`,
      validationErrors: errors,
    },
    400,
  );
}

function* differences(kind: AffordanceKind, literal: ThingInit, td: ThingDescription) {
  for (const [name, wanted] of Object.entries(literal[kind] ?? {})) {
    const field = `/${kind}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const section = td[kind];
    const served = section && Object.hasOwn(section, name) ? section[name] : undefined;
    if (served === undefined) yield { field, description: 'is missing' };
    else if ('type' in wanted && 'type' in served && wanted.type !== served.type) {
      yield { field: `${field}/type`, description: `is ${served.type}, not ${wanted.type}` };
    }
  }
}
