import type { JsonObject } from '../data/json.ts';
import type { Wish } from '../ports/wishes.ts';
import type { BegunWrite, KeepOptions, WaitingRoom } from './waiting-room.ts';
import type { WishDelivery } from './wish-delivery.ts';

/** What an {@link OpenWrite} works with. */
export interface OpenWriteParts {
  readonly room: WaitingRoom;
  readonly delivery: WishDelivery;
  /** Called when it is over. */
  readonly onLeave: () => void;
}

/** A write to a Thing for which wishes wait or may come to wait; over when disposed of. */
export class OpenWrite implements Disposable {
  readonly #with: OpenWriteParts;
  readonly #write: BegunWrite;

  constructor(names: readonly string[], parts: OpenWriteParts) {
    this.#with = parts;
    this.#write = parts.room.enter(names);
  }

  /** Whether something newer of the same properties was taken or kept meanwhile: then there is nothing left to keep. */
  get isOvertaken(): boolean {
    return this.#with.room.isOvertaken(this.#write);
  }

  /** The Thing has taken it: older wishes are over. Resolves when that is stored. */
  taken(): Promise<void> {
    return this.#with.room.overtake(this.#write);
  }

  /** The Thing is absent: what was to be written is kept. Resolves when it is stored. */
  async keep(values: JsonObject, options: KeepOptions): Promise<readonly Wish[]> {
    const { room, delivery } = this.#with;
    const wishes = await room.keep(this.#write, values, options);
    // It may have come back while the disk was at work.
    delivery.next();
    return wishes;
  }

  [Symbol.dispose](): void {
    this.#with.room.leave(this.#write);
    this.#with.delivery.next();
    this.#with.onLeave();
  }
}
