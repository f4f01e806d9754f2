import { describe } from 'vitest';
import { deliveryTests, retainedTests } from './bus-delivery-tests.ts';
import { filterTests, sessionTests } from './bus-session-tests.ts';
import type { BusWorld } from './bus-world.ts';

export type { BusWorld };

/**
 * The suite that every {@link Bus} passes: defines tests named after `name`.
 *
 * @param makeWorld starts a broker of its own, with nothing retained, for one test.
 */
export function busConformance(name: string, makeWorld: () => Promise<BusWorld>): void {
  describe(`${name} keeps the contract of a bus`, () => {
    deliveryTests(makeWorld);
    retainedTests(makeWorld);
    filterTests(makeWorld);
    sessionTests(makeWorld);
  });
}
