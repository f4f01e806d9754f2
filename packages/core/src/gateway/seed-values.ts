import { stampMember } from '../bus/envelope.ts';
import type { Topics } from '../bus/topics.ts';
import type { JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import type { Bus } from '../ports/bus.ts';
import { asProblem } from '../problem/problem.ts';
import type { Complaints } from './complaints.ts';
import type { Twin } from './twin.ts';

/** What {@link seedValues} works with. */
export interface SeedParts {
  readonly bus: Bus;
  readonly topics: Topics;
  readonly complaints: Complaints;
}

/**
 * Tells a broker that begins with nothing the values that were stored, for whoever asks before their Things speak again.
 *
 * They carry the number 0, which no message of a Thing has: so no gateway takes them for a word of the Thing.
 */
export function seedValues(twins: Iterable<Twin>, { bus, topics, complaints }: SeedParts): void {
  for (const twin of twins) {
    const kept = keptValues(twin);
    if (kept === undefined) continue;
    bus
      .publish(topics.at(twin.level, 'values'), kept, { retain: true })
      .catch((error: unknown) => complaints.raise(twin, 'values', asProblem(error)));
  }
}

/** Encoded only if somebody outside asks: ten thousand of them are made before a gateway serves. */
function keptValues(twin: Twin): Payload | undefined {
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
