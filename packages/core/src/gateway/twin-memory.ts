import type { StoredThing } from '../ports/journal.ts';
import type { ThingMemory, ThingOutbox, ThingRecollection } from '../ports/thing-memory.ts';
import type { ThingId } from '../td/thing-id.ts';

/**
 * The memory of Things that are served by the gateway's own process: what they say reaches the journal without a wire, so
 * nothing waits here, and what they said last is known already.
 */
export class TwinMemory implements ThingMemory {
  readonly #recall: (thing: ThingId) => ThingRecollection | undefined;

  /** @param recall what the gateway knows of a Thing. */
  constructor(recall: (thing: ThingId) => ThingRecollection | undefined) {
    this.#recall = recall;
  }

  async open(thing: ThingId): Promise<ThingOutbox> {
    return new NoOutbox(this.#recall(thing));
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** What the journal knows of a Thing, as that remembers it. Its open runs are the gateway's to settle. */
export function recollect(stored: StoredThing | undefined): ThingRecollection | undefined {
  if (stored === undefined) return undefined;
  const values = [...stored.values].map(([name, { value }]) => [name, value] as const);
  return { epoch: stored.stamp?.e ?? 0, values: Object.fromEntries(values), openRuns: [] };
}

class NoOutbox implements ThingOutbox {
  readonly recalled: ThingRecollection | undefined;
  readonly keeps = false;
  readonly isEmpty = true;

  constructor(recalled: ThingRecollection | undefined) {
    this.recalled = recalled;
  }

  add(): void {}

  trim(): void {}

  unstored(): readonly never[] {
    return [];
  }

  mustAccept(): void {}

  kept(): undefined {
    return undefined;
  }

  forget(): void {}
}
