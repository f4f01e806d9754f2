import { idOfLevel, type Store, type StoredDocument, type ThingId } from '@thingtalk/core';
import type { Kept } from './bus-announcements.ts';
import { HeldCollection } from './held-collection.ts';

/** A Thing that is to be ignored. */
export interface ForgottenThing {
  readonly id: ThingId;
  /** Its form in a topic. */
  readonly level: string;
  /** What the broker kept of it when it was forgotten. */
  readonly kept: Kept;
  readonly version: number;
}

const collection = 'forgotten-things';

/** The Things that were forgotten; `openThings` asks it whom to ignore. */
export class ForgottenThings {
  readonly #held: HeldCollection<ForgottenThing>;

  private constructor(held: HeldCollection<ForgottenThing>) {
    this.#held = held;
  }

  /** Reads which they are. */
  static async open(store: Store): Promise<ForgottenThings> {
    return new ForgottenThings(
      await HeldCollection.open({ store, collection, read: forgottenThing }),
    );
  }

  has(id: ThingId): boolean {
    return this.#held.get(id) !== undefined;
  }

  /** Finds one by its id or, for a bare device, by its topic level. */
  find(id: string): ForgottenThing | undefined {
    return this.#held.get(id) ?? this.#held.get(idOfLevel(id) ?? '');
  }

  /** All of them, in no particular order. */
  list(): readonly ForgottenThing[] {
    return [...this.#held.entries()].map(([, thing]) => thing);
  }

  /** All that is held, for who follows the store. */
  get held(): HeldCollection<ForgottenThing> {
    return this.#held;
  }

  /** From when this resolves the Thing is ignored, also after a restart. */
  async add(id: ThingId, level: string, kept: Kept, author: string): Promise<void> {
    await this.#held.change(id, author, () => ({ level, kept: { ...kept } }));
  }

  async remove(id: ThingId, author: string): Promise<void> {
    await this.#held.change(id, author, () => undefined);
  }
}

function forgottenThing({ key, value, version }: StoredDocument): ForgottenThing {
  const { level, kept } = value as unknown as Pick<ForgottenThing, 'level' | 'kept'>;
  return { id: key as ThingId, level, kept, version };
}
