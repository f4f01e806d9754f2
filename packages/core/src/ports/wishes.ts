import type { JsonObject, JsonValue } from '../data/json.ts';

/** A write that waits for an absent Thing: one a property, the last one. */
export interface Wish {
  /** Name of the property. */
  readonly name: string;
  readonly value: JsonValue;
  /**
   * One more than that of the property, or than that of the wish it took the place of: where two meet, the higher one stands,
   * whatever any clock says.
   */
  readonly version: number;
  /** Tells this wish from every other of the property, past or to come; while it stands, the property's tag for writers. */
  readonly tag: string;
  /** When it was taken, in milliseconds since 1970. */
  readonly time: number;
}

/** What became of a write that may be kept for later; told apart by `kind`. */
export type WriteOutcome =
  /** The Thing has taken it: the properties as they now are. */
  | { readonly kind: 'written'; readonly values: JsonObject }
  /** The Thing is absent: stored, one wish for each value, and handed over once it is back. */
  | { readonly kind: 'kept'; readonly wishes: readonly Wish[] };
