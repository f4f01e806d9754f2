import { stampMember } from '../bus/envelope.ts';
import type { Topics } from '../bus/topics.ts';
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
    const { epoch, values } = twin.recollection;
    const times = Object.keys(values).map((name) => twin.property(name)?.time ?? 0);
    if (times.length === 0) continue;
    // Encoded only if somebody outside asks: ten thousand of them are told before the gateway serves.
    const kept = Payload.of({
      ...values,
      [stampMember]: { e: epoch, s: 0, t: Math.min(...times) },
    });
    bus
      .publish(topics.at(twin.level, 'values'), kept, { retain: true })
      .catch((error: unknown) => complaints.raise(twin, 'values', asProblem(error)));
  }
}
