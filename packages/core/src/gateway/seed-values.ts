import { stampMember } from '../bus/envelope.ts';
import type { Topics } from '../bus/topics.ts';
import type { JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import type { Twin } from './twin.ts';

/** Puts a retained message on a broker as if it had been there before anybody listened: nobody is told. */
export type Keep = (topic: string, payload: Payload) => void;

/**
 * Puts the values that were stored on a broker that began with nothing, for whoever asks before their Things speak again.
 *
 * They carry the number 0, which no message of a Thing has: so no other gateway takes them for a word of the Thing.
 */
export function seedValues(twins: Iterable<Twin>, topics: Topics, keep: Keep): void {
  for (const twin of twins) {
    const values = storedValues(twin);
    if (values !== undefined) keep(topics.at(twin.level, 'values'), values);
  }
}

/** Encoded only if somebody asks: ten thousand of them are made before a gateway serves. */
function storedValues(twin: Twin): Payload | undefined {
  const members: [string, JsonValue][] = [];
  let oldest = Number.POSITIVE_INFINITY;
  for (const name of twin.shape.properties.keys()) {
    const state = twin.property(name);
    if (state === undefined) continue;
    members.push([name, state.value]);
    oldest = Math.min(oldest, state.time);
  }
  if (members.length === 0) return undefined;
  members.push([stampMember, { e: twin.heard?.e ?? 0, s: 0, t: oldest }]);
  return Payload.of(Object.fromEntries(members));
}
