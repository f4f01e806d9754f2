import { type Audit, type AuditEntry, type Store, ThingId } from '@thingtalk/core';
import { FakeClock, MemoryStore } from '@thingtalk/core/testing';
import type { Identity } from '../authentication/identity.ts';
import { Revocations } from '../authentication/revocations.ts';
import type { ThingFact, ThingFacts } from './known-things.ts';
import type { Names } from './names.ts';
import { Policy } from './policy.ts';

/** What is said of Things, to be changed by a test. */
export class TestFacts implements ThingFacts {
  readonly #facts = new Map<ThingId, ThingFact>();
  readonly #listeners = new Set<(thing: ThingId) => void>();

  of(thing: ThingId): ThingFact | undefined {
    return this.#facts.get(thing);
  }

  /** Says what a Thing is; nothing, to take it away. */
  set(thing: ThingId, fact: Partial<ThingFact> | undefined): void {
    if (fact === undefined) this.#facts.delete(thing);
    else this.#facts.set(thing, { tags: [], types: [], ...fact });
    for (const listener of this.#listeners) listener(thing);
  }

  watch(listener: (thing: ThingId) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** A policy in a world of its own. */
export interface PolicyWorld extends Disposable {
  readonly policy: Policy;
  readonly store: Store;
  readonly clock: FakeClock;
  readonly facts: TestFacts;
  readonly revocations: Revocations;
  readonly recorded: AuditEntry[];
}

/** Opens a policy that is empty, or that of `store`. */
export async function openWorld(
  store: Store = new MemoryStore(),
  names?: Names,
): Promise<PolicyWorld> {
  const clock = new FakeClock();
  const facts = new TestFacts();
  const revocations = new Revocations();
  const recorded: AuditEntry[] = [];
  const audit: Audit = { record: (entry) => void recorded.push(entry) };
  const parts = { store, clock, facts, revocations, audit, ...(names && { names }) };
  const policy = await Policy.open(parts);
  const dispose = () => policy[Symbol.dispose]();
  return { policy, store, clock, facts, revocations, recorded, [Symbol.dispose]: dispose };
}

/** Some who ask. */
export const anna: Identity = {
  principal: { id: 'person_anna', kind: 'person', name: 'Anna' },
  credential: 'session_anna',
};
/** A guest with a link. */
export const guest: Identity = {
  principal: { id: 'guest_1', kind: 'guest', name: 'a guest' },
  credential: 'link_1',
};
/** Somebody nobody knows. */
export const stranger: Identity = {
  principal: { id: 'anonymous', kind: 'anonymous', name: 'anybody' },
  credential: 'anonymous',
};

/** Some Things. */
export const lamp = ThingId('urn:dev:lamp');
export const door = ThingId('urn:dev:door');

/** Who writes in tests. */
export const by = { author: 'person_admin', from: '192.168.1.2' };
