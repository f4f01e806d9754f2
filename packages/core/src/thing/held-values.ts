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
  readonly #with: HeldValuesParts;
  readonly #values = new Map<string, JsonValue>();

  constructor(parts: HeldValuesParts) {
    this.#with = parts;
  }

  get(name: string): JsonValue | undefined {
    return this.#values.get(name);
  }

  /** All values there are. */
  snapshot(): Record<string, JsonValue> {
    return Object.fromEntries(this.#values);
  }

  /** The values of these properties, those without one left out. */
  pick(names: readonly string[]): JsonObject {
    const picked: Record<string, JsonValue> = {};
    for (const name of names) {
      const value = this.#values.get(name);
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
    const { id, shape, checks } = this.#with;
    if (!shape.properties.has(name)) {
      throw new Problem('property-not-found', `${id} has no property '${name}'`);
    }
    checkValue(checks.properties.get(name), value, `property '${name}'`, name);
    const held = this.#values.get(name);
    if (held !== undefined && jsonEquals(held, value)) return false;
    this.#values.set(name, value);
    return true;
  }

  /** Takes values of an earlier life; those that no longer fit are left out. */
  recall(values: JsonObject): void {
    const { shape, checks } = this.#with;
    for (const [name, value] of Object.entries(values)) {
      const fits = checks.properties.get(name)?.(value) === undefined;
      if (shape.properties.has(name) && fits) this.#values.set(name, value);
    }
  }
}
