import type { JsonObject } from '../data/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { StoredWish } from '../ports/journal.ts';
import type { Wish } from '../ports/wishes.ts';
import { Problem } from '../problem/problem.ts';
import type { Complaints } from './complaints.ts';
import { OpenWrite } from './open-write.ts';
import type { RecordKeeper } from './record-keeper.ts';
import type { Twin } from './twin.ts';
import { WaitingRoom } from './waiting-room.ts';
import { type HandOver, WishDelivery } from './wish-delivery.ts';

/** What {@link Wishes} works with. */
export interface WishesParts {
  readonly records: RecordKeeper;
  readonly clock: Clock;
  readonly complaints: Complaints;
}

interface Waiting {
  readonly room: WaitingRoom;
  readonly delivery: WishDelivery;
}

/**
 * The writes that wait for absent Things: stored before they are acknowledged, delivered once when the Thing is back.
 *
 * A Thing without wishes costs nothing here.
 */
export class Wishes {
  readonly #with: WishesParts;
  readonly #waiting = new Map<Twin, Waiting>();
  #handOver: HandOver | undefined;

  constructor(parts: WishesParts) {
    this.#with = parts;
  }

  /** Things can be reached from now on: what came back before is served. */
  deliverBy(handOver: HandOver): void {
    this.#handOver = handOver;
    for (const { delivery } of this.#waiting.values()) delivery.next();
  }

  /** Nothing is delivered from here on; what waits stays stored. */
  close(): void {
    this.#handOver = undefined;
  }

  /** Takes in what was stored for a Thing before a restart. */
  restore(twin: Twin, stored: ReadonlyMap<string, StoredWish>): void {
    if (stored.size > 0) this.#for(twin).room.restore(stored);
  }

  /** The Thing was born, or born again. */
  back(twin: Twin): void {
    this.#waiting.get(twin)?.delivery.back();
  }

  /** The Thing has spoken, and said these values if any. */
  heard(twin: Twin, members: JsonObject | undefined): void {
    if (this.#waiting.size > 0) this.#waiting.get(twin)?.delivery.heard(members);
  }

  /** The Thing is gone. */
  forget(twin: Twin): void {
    this.#waiting.get(twin)?.room.close();
    this.#waiting.delete(twin);
  }

  /** Notes a write that may overtake wishes; `undefined` where there is none to overtake. */
  watch(twin: Twin, names: readonly string[]): OpenWrite | undefined {
    if (this.#waiting.size === 0 || !this.#waiting.has(twin)) return undefined;
    return this.open(twin, names);
  }

  /** Begins a write that may have to be kept. */
  open(twin: Twin, names: readonly string[]): OpenWrite {
    return new OpenWrite(names, {
      ...this.#for(twin),
      onLeave: () => this.#tidy(twin),
    });
  }

  /** What waits for a Thing, sorted by property. */
  list(twin: Twin): readonly Wish[] {
    return this.#waiting.get(twin)?.room.waiting ?? [];
  }

  /** The wish that stands for a property. */
  standing(twin: Twin, name: string): Wish | undefined {
    return this.#waiting.get(twin)?.room.standing(name);
  }

  /**
   * Takes a wish back. Resolves when that is stored.
   *
   * @throws {@link Problem} `not-found`; `conflict` while it is being delivered: what was sent is not taken back.
   */
  async withdraw(
    twin: Twin,
    name: string,
    expects: (tag: string) => void = () => {},
  ): Promise<void> {
    const waiting = this.#waiting.get(twin);
    const wish = waiting?.room.standing(name);
    if (waiting === undefined || wish === undefined) throw noWish(twin, name);
    expects(wish.tag);
    if (waiting.delivery.isSending(wish)) {
      throw new Problem('conflict', `'${name}' of ${twin.id} is being written just now`);
    }
    await waiting.room.end(wish);
    this.#tidy(twin);
  }

  #for(twin: Twin): Waiting {
    const known = this.#waiting.get(twin);
    if (known !== undefined) return known;
    const { records, clock, complaints } = this.#with;
    const room = new WaitingRoom({ twin, records, now: () => clock.now() });
    const delivery = new WishDelivery({
      twin,
      room,
      clock,
      complaints,
      handOver: () => this.#handOver,
      onIdle: () => this.#tidy(twin),
    });
    const waiting = { room, delivery };
    this.#waiting.set(twin, waiting);
    return waiting;
  }

  #tidy(twin: Twin): void {
    const waiting = this.#waiting.get(twin);
    if (waiting?.room.isEmpty && !waiting.delivery.isUnderWay) this.#waiting.delete(twin);
  }
}

/** The problem of a property for which nothing waits. */
export function noWish({ id }: Twin, name: string): Problem {
  return new Problem('not-found', `nothing waits to be written to '${name}' of ${id}`);
}
