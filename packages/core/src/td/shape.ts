import type { JsonObject, JsonValue } from '../data/json.ts';
import { mapped } from './defaults.ts';
import type {
  ActionAffordance,
  Affordances,
  PropertyAffordance,
  ThingDescription,
} from './thing-description.ts';

/** What the gateway must know of a Thing's affordances to serve them: one object, shared by all Things of the same make. */
export interface ThingShape {
  /** JSON text `{"properties": ..., "actions": ..., "events": ...}`, checked and with defaults, without forms. */
  readonly affordances: string;
  readonly properties: ReadonlyMap<string, PropertyShape>;
  readonly actions: ReadonlyMap<string, ActionShape>;
  readonly events: ReadonlyMap<string, EventShape>;
}

/** A property in a {@link ThingShape}. */
export interface PropertyShape {
  readonly name: string;
  /** Which of the properties it is, counted from 0. */
  readonly place: number;
  readonly readOnly: boolean;
  readonly writeOnly: boolean;
  readonly observable: boolean;
}

/** An action in a {@link ThingShape}. */
export interface ActionShape {
  readonly name: string;
  readonly synchronous: boolean;
  /** Whether carrying it out twice does no more than once. */
  readonly idempotent: boolean;
  readonly hasInput: boolean;
  readonly hasOutput: boolean;
}

/** An event in a {@link ThingShape}. */
export interface EventShape {
  readonly name: string;
}

/** A Thing Description taken apart: what is the Thing's own, and what it shares with others of its make. */
export interface SplitThing {
  /** JSON text of the members other than affordances, forms, base and security. */
  readonly head: string;
  readonly shape: ThingShape;
}

/**
 * Finds the one shape of each make of Thing: ten thousand equal lamps share the text of their affordances,
 * and whatever is kept in a `WeakMap` by their shape.
 *
 * It keeps no shape alive: with the last Thing of a make its shape goes too.
 */
export class ShapeCache {
  readonly #shapes = new Map<string, WeakRef<ThingShape>>();
  readonly #gone = new FinalizationRegistry<string>((text) => {
    if (this.#shapes.get(text)?.deref() === undefined) this.#shapes.delete(text);
  });

  /** Takes a parsed Thing Description apart; equal affordances get the very same shape. */
  split(td: ThingDescription): SplitThing {
    const { properties, actions, events, ...rest } = td;
    const { forms, base, security, securityDefinitions, ...head } = rest;
    const affordances = withoutForms({ properties, actions, events } as Affordances);
    return { head: JSON.stringify(head), shape: this.#shapeOf(affordances) };
  }

  #shapeOf(affordances: Affordances): ThingShape {
    const text = JSON.stringify(affordances);
    const known = this.#shapes.get(text)?.deref();
    if (known !== undefined) return known;
    const shape = { affordances: text, ...namesOf(affordances) };
    this.#shapes.set(text, new WeakRef(shape));
    this.#gone.register(shape, text);
    return shape;
  }
}

/** The affordances of a make of Thing, parsed anew at each call: keep what you derive from them by the shape. */
export function affordancesOf(shape: ThingShape): Affordances {
  return JSON.parse(shape.affordances) as Affordances;
}

function withoutForms(affordances: Affordances): Affordances {
  const parent = affordances as { readonly [kind: string]: JsonValue };
  const strip = ({ forms, ...rest }: JsonObject) => rest;
  return {
    ...mapped(parent, 'properties', strip),
    ...mapped(parent, 'actions', strip),
    ...mapped(parent, 'events', strip),
  };
}

function namesOf({ properties, actions, events }: Affordances): Omit<ThingShape, 'affordances'> {
  return {
    properties: shapesOf(properties, propertyShape),
    actions: shapesOf(actions, actionShape),
    events: shapesOf(events, (name) => ({ name })),
  };
}

function shapesOf<A, S>(
  affordances: Readonly<Record<string, A>> = {},
  shapeOf: (name: string, affordance: A, place: number) => S,
): ReadonlyMap<string, S> {
  const all = Object.entries(affordances);
  return new Map(all.map(([name, affordance], place) => [name, shapeOf(name, affordance, place)]));
}

function propertyShape(name: string, property: PropertyAffordance, place: number): PropertyShape {
  const { readOnly = false, writeOnly = false, observable = false } = property;
  return { name, place, readOnly, writeOnly, observable };
}

function actionShape(name: string, action: ActionAffordance): ActionShape {
  const { synchronous = false, idempotent = false, input, output } = action;
  const [hasInput, hasOutput] = [input !== undefined, output !== undefined];
  return { name, synchronous, idempotent, hasInput, hasOutput };
}
