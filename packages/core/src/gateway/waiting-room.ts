import { compareCodePoints } from '../data/code-points.ts';
import type { JsonObject, JsonValue } from '../data/json.ts';
import type { StoredWish } from '../ports/journal.ts';
import type { WritePropertyOptions } from '../ports/things.ts';
import type { Wish } from '../ports/wishes.ts';
import { KeptWish } from './kept-wish.ts';
import type { RecordKeeper } from './record-keeper.ts';
import type { Twin } from './twin.ts';

/** A write that has begun: which properties, and as how manieth of its Thing. */
export interface BegunWrite {
  readonly names: readonly string[];
  readonly turn: number;
}

/** How a write is kept. */
export interface KeepOptions extends Pick<WritePropertyOptions, 'expects'> {
  /** It was sent and not answered: it is not tried again before the Thing speaks. */
  readonly wasSent: boolean;
}

/** What a {@link WaitingRoom} works with. */
export interface WaitingRoomParts {
  readonly twin: Twin;
  readonly records: RecordKeeper;
  readonly now: () => number;
}

/**
 * The wishes for one Thing, and the writes under way to it that may overtake them.
 *
 * Of two writes the one that began later stands. So a write that the Thing takes ends the wishes that are older, and is
 * acknowledged only when that is stored: neither a return nor a restart undoes what was acknowledged.
 */
export class WaitingRoom {
  readonly #with: WaitingRoomParts;
  readonly #wishes = new Map<string, KeptWish>();
  readonly #writes = new Set<BegunWrite>();
  readonly #overtaken = new WeakSet<BegunWrite>();
  #turns = 0;
  #isClosed = false;

  constructor(parts: WaitingRoomParts) {
    this.#with = parts;
  }

  /** Whether there is nothing to wait for. */
  get isEmpty(): boolean {
    return this.#wishes.size === 0 && this.#writes.size === 0;
  }

  /** All that waits, and what is left of what was over. */
  get all(): Iterable<KeptWish> {
    return this.#wishes.values();
  }

  /** Wishes that were over already but could not be taken out of the journal. */
  get leftOver(): readonly KeptWish[] {
    return [...this.#wishes.values()].filter(({ isOver }) => isOver);
  }

  /** All that wait, sorted by property. */
  get waiting(): readonly KeptWish[] {
    return [...this.#wishes.values()]
      .filter(({ isOver, isStored }) => isStored && !isOver)
      .sort((a, b) => compareCodePoints(a.name, b.name));
  }

  /** The wish that stands for a property, stored already or about to be. */
  standing(name: string): KeptWish | undefined {
    const wish = this.#wishes.get(name);
    return wish?.isOver ? undefined : wish;
  }

  /** Takes in what was stored before a restart: older than every write of this life. */
  restore(stored: ReadonlyMap<string, StoredWish>): void {
    for (const [name, wish] of stored) {
      const kept = new KeptWish({ name, ...wish, turn: 0, wasSent: false });
      kept.isStored = true;
      this.#wishes.set(name, kept);
    }
  }

  /** A write begins. */
  enter(names: readonly string[]): BegunWrite {
    const write = { names, turn: ++this.#turns };
    this.#writes.add(write);
    return write;
  }

  /** A write is over, however it ended. */
  leave(write: BegunWrite): void {
    this.#writes.delete(write);
  }

  /** Whether a newer write is under way that may make the wish obsolete. */
  isHeldUp({ name, turn }: KeptWish): boolean {
    return [...this.#writes].some((write) => write.turn > turn && write.names.includes(name));
  }

  /** Whether something newer of the same properties was taken, or kept, while the write was under way; or the Thing is gone. */
  isOvertaken(write: BegunWrite): boolean {
    if (this.#isClosed) return true;
    const isNewer = (name: string) => (this.standing(name)?.turn ?? 0) > write.turn;
    return this.#overtaken.has(write) || write.names.some(isNewer);
  }

  /** The Thing has taken a write: what is older ends. Resolves when that is stored. */
  async overtake({ names, turn }: BegunWrite): Promise<void> {
    this.#passOlder(names, turn);
    const older = names.flatMap((name) => layers(this.#wishes.get(name)));
    await Promise.all(older.filter((wish) => wish.turn < turn).map((wish) => this.end(wish)));
  }

  /**
   * Keeps the values of a write, each in the place of the property's older wish. Resolves when they are stored.
   *
   * @throws {@link Problem} what `expects` refuses with, when another's wish came in between; `storage-full` and its like,
   * and then the older wishes stand.
   */
  async keep(
    write: BegunWrite,
    values: JsonObject,
    { expects, wasSent }: KeepOptions,
  ): Promise<readonly KeptWish[]> {
    for (const name of write.names) {
      const standing = this.standing(name);
      if (standing !== undefined) expects?.(standing.tag);
    }
    const kept = write.names.map((name) =>
      this.#store(name, values[name] as JsonValue, { turn: write.turn, wasSent }),
    );
    const outcomes = await Promise.allSettled(kept.map(({ stored }) => stored));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed === undefined) return kept.map(({ wish }) => wish);
    // What is answered with a problem must not be delivered, not even the part of it that was stored.
    await Promise.allSettled(kept.flatMap(({ wish }) => (wish.isStored ? [this.end(wish)] : [])));
    throw failed.reason;
  }

  /** Ends a wish: it is not sent again from here on. Resolves when the journal has let go of it. */
  async end(wish: KeptWish): Promise<void> {
    wish.isOver = true;
    this.#passOlder([wish.name], wish.turn);
    if (!this.#isClosed) await this.#record(wish, undefined);
    if (this.#wishes.get(wish.name) === wish) this.#wishes.delete(wish.name);
  }

  /** The Thing is gone, and in the journal all its wishes with it. */
  close(): void {
    this.#isClosed = true;
    for (const wish of this.#wishes.values()) wish.isOver = true;
    this.#wishes.clear();
  }

  /** Older writes that are still under way have nothing to keep any more. */
  #passOlder(names: readonly string[], turn: number): void {
    for (const write of this.#writes) {
      if (write.turn < turn && write.names.some((name) => names.includes(name))) {
        this.#overtaken.add(write);
      }
    }
  }

  #store(name: string, value: JsonValue, sent: Pick<KeptWish, 'turn' | 'wasSent'>) {
    const { twin, now } = this.#with;
    const before = this.#wishes.get(name);
    const version = Math.max(twin.property(name)?.version ?? 0, before?.version ?? 0) + 1;
    const wish = new KeptWish({ name, value, version, time: now(), ...sent });
    wish.replaced = before;
    this.#wishes.set(name, wish);
    const stored = this.#record(wish, value).then(
      () => {
        wish.isStored = true;
        wish.replaced = undefined;
      },
      (error: unknown) => {
        this.#fail(wish);
        throw error;
      },
    );
    return { wish, stored };
  }

  /** A wish could not be stored: what it took the place of stands again. */
  #fail(wish: KeptWish): void {
    wish.isOver = true;
    if (this.#wishes.get(wish.name) !== wish) return;
    const before = layers(wish).find(({ hasFailed }) => !hasFailed);
    if (before === undefined) this.#wishes.delete(wish.name);
    else this.#wishes.set(wish.name, before);
  }

  #record({ name, version, time }: Omit<Wish, 'tag'>, value: JsonValue | undefined) {
    const thing = this.#with.twin.id;
    return this.#with.records.store({ kind: 'wish', thing, time, name, version, value });
  }
}

/** A wish, and those it took the place of while it is not on disk yet. */
function layers(wish: KeptWish | undefined): readonly KeptWish[] {
  return wish === undefined ? [] : [wish, ...layers(wish.replaced)];
}
