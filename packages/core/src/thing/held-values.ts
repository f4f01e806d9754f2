import type { JsonObject, JsonValue } from '../data/json.ts';
import { jsonEquals } from '../data/json-equals.ts';
import type { ThingShape } from '../ports/things.ts';
import { Problem } from '../problem/problem.ts';
import type { ThingId } from '../td/thing-id.ts';
import { type AffordanceChecks, checkValue } from './affordance-checks.ts';

/** Whose values they are, and what they must be. */
export interface HeldValuesParts {
  readonly id: ThingId;
  readonly shape: ThingShape;
  readonly checks: AffordanceChecks;
}

/** The values of a Thing's properties, as it holds them itself: checked when they come in. */
export class HeldValues {
  readonly #id: ThingId;
  readonly #shape: ThingShape;
  readonly #checks: AffordanceChecks;
  /** At the places of their properties in the shape. */
  readonly #values: (JsonValue | undefined)[];

  constructor({ id, shape, checks }: HeldValuesParts) {
    this.#id = id;
    this.#shape = shape;
    this.#checks = checks;
    this.#values = new Array(shape.properties.size);
  }

  get(name: string): JsonValue | undefined {
    const property = this.#shape.properties.get(name);
    return property && this.#values[property.place];
  }

  /** All values there are. */
  snapshot(): Record<string, JsonValue> {
    return this.pick(this.#shape.properties.keys());
  }

  /** The values of these properties, those without one left out. */
  pick(names: Iterable<string>): Record<string, JsonValue> {
    const picked: Record<string, JsonValue> = {};
    for (const name of names) {
      const value = this.get(name);
      if (value !== undefined) picked[name] = value;
    }
    return picked;
  }

  /**
   * Takes a value.
   *
   * @returns whether it is news.
   * @throws {@link Problem} `property-not-found`, `data-schema-mismatch`
   */
  keep(name: string, value: JsonValue): boolean {
    const property = this.#shape.properties.get(name);
    if (property === undefined) {
      throw new Problem('property-not-found', `${this.#id} has no property '${name}'`);
    }
    checkValue(this.#checks.properties.get(name), value, `property '${name}'`, name);
    const held = this.#values[property.place];
    if (held !== undefined && jsonEquals(held, value)) return false;
    this.#values[property.place] = value;
    return true;
  }

  /** Takes values of an earlier life; those that no longer fit are left out. */
  recall(values: JsonObject): void {
    for (const [name, value] of Object.entries(values)) {
      const property = this.#shape.properties.get(name);
      const fits = this.#checks.properties.get(name)?.(value) === undefined;
      if (property !== undefined && fits) this.#values[property.place] = value;
    }
  }
}
