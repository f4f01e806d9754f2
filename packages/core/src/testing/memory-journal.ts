import type { Journal, JournalEntry, JournalStatus, StoredThing } from '../ports/journal.ts';
import { Problem } from '../problem/problem.ts';
import { JournalModel } from './journal-model.ts';

/**
 * A journal in memory: what is appended is kept a turn later, as a disk would, and is still there for the next journal
 * of the same model. What was not kept when it is killed is lost.
 */
export class MemoryJournal implements Journal {
  status: JournalStatus = { state: 'writing' };
  readonly #model: JournalModel;
  #isKilled = false;

  constructor(model = new JournalModel()) {
    this.#model = model;
  }

  /** Ends it as a power cut does: nothing is kept from here on, and nobody is told. */
  kill(): void {
    this.#isKilled = true;
  }

  hurry(): void {}

  async append(entry: JournalEntry): Promise<void> {
    await Promise.resolve();
    if (this.#isKilled) throw new Problem('storage-unreachable', 'the journal was killed');
    if (this.status.state !== 'writing') throw new Problem('storage-full', 'there is no space');
    this.#model.append(entry);
  }

  async *recover(): AsyncIterable<StoredThing> {
    yield* this.#model.things();
  }

  /** Keeps no place for events: what needs them takes a real journal. */
  async events(): Promise<readonly (JournalEntry & { kind: 'event' })[]> {
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
