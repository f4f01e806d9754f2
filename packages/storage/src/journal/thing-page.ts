import type { ActionStatus, JsonValue, StoredThing, StoredValue, ThingId } from '@thingtalk/core';

/** Some Things, and after which one the next page begins; `undefined`: there is none. */
export interface ThingPage {
  readonly things: readonly StoredThing[];
  readonly last: string | undefined;
}

/** A value or a wish as it stands in the text of a page. */
type NamedValue = readonly [name: string, value: JsonValue, time: number, version: number];

/** A Thing as it stands in the text of a page. */
type ThingText = readonly [
  thing: ThingId,
  e: number | null,
  s: number | null,
  values: readonly NamedValue[],
  runs: readonly ActionStatus[],
  wishes: readonly NamedValue[],
];

/** Reads a page that travelled as one text, which {@link ThingPages} writes. */
export function readThingPage(text: string, last: string | undefined): ThingPage {
  const things: readonly ThingText[] = JSON.parse(text);
  // Most Things have no wishes: ten thousand empty maps would cost more than all that is in the others.
  const none: ReadonlyMap<string, StoredValue> = new Map();
  return { things: things.map((thing) => readThing(thing, none)), last };
}

function readThing(
  [thing, e, s, values, runs, wishes]: ThingText,
  none: ReadonlyMap<string, StoredValue>,
): StoredThing {
  return {
    thing,
    stamp: e === null || s === null ? undefined : { e, s },
    values: values.length === 0 ? none : readValues(values),
    runs,
    wishes: wishes.length === 0 ? none : readValues(wishes),
  };
}

function readValues(values: readonly NamedValue[]): ReadonlyMap<string, StoredValue> {
  return new Map(values.map(([name, value, time, version]) => [name, { value, time, version }]));
}
