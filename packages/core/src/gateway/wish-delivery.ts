import type { JsonObject } from '../data/json.ts';
import type { Clock } from '../ports/clock.ts';
import { asProblem, type Problem } from '../problem/problem.ts';
import { checkWrites } from '../thing/affordance-checks.ts';
import type { Complaints } from './complaints.ts';
import type { KeptWish } from './kept-wish.ts';
import type { Twin } from './twin.ts';
import type { WaitingRoom } from './waiting-room.ts';

/**
 * Has a Thing take values; rejects with what it refuses with, or with `thing-unreachable`.
 *
 * With `exact` a bare device confirms by saying these very values, and not just any.
 */
export type HandOver = (
  twin: Twin,
  values: JsonObject,
  options: { readonly exact: boolean },
) => Promise<unknown>;

/** What a {@link WishDelivery} works with. */
export interface WishDeliveryParts {
  readonly twin: Twin;
  readonly room: WaitingRoom;
  readonly clock: Clock;
  readonly complaints: Complaints;
  /** `undefined` until Things can be reached. */
  readonly handOver: () => HandOver | undefined;
  /** Called when a delivery has ended. */
  readonly onIdle: () => void;
}

/** Longest pause between two tries at a Thing that talks but does not take what it is told, in milliseconds. */
const longestPauseMs = 60_000;

/**
 * Hands a Thing its wishes when it is back: those that wait together in one `set`, one delivery at a time.
 *
 * What it takes or refuses is over. What it does not answer waits for its next return, and is then sent once more:
 * a property set twice to the same value is as if set once.
 */
export class WishDelivery {
  readonly #with: WishDeliveryParts;
  /** What was sent and is not answered yet; `undefined` while no delivery is under way. */
  #sending: readonly KeptWish[] | undefined;
  #tries = 0;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(parts: WishDeliveryParts) {
    this.#with = parts;
  }

  /** Whether it is at work. */
  get isUnderWay(): boolean {
    return this.#sending !== undefined;
  }

  /** Whether this very wish was sent and is not answered yet. */
  isSending(wish: KeptWish): boolean {
    return this.#sending?.includes(wish) === true;
  }

  /** The Thing says that it is there: by its birth. */
  back(): void {
    for (const wish of this.#with.room.leftOver) void this.#end(wish);
    this.#tries = 0;
    this.#markDue();
    this.next();
  }

  /**
   * The Thing has spoken, and said these values if any: bare devices have no other way of being back. One that talks all the
   * time without taking what it is told is tried at growing intervals.
   */
  heard(members: JsonObject = {}): void {
    const { room, twin, clock } = this.#with;
    for (const name of Object.keys(members)) {
      const wish = room.standing(name);
      if (wish?.wasSent && wish.isStored && !this.isSending(wish) && isSo(twin, wish)) {
        void this.#end(wish);
      }
    }
    if (this.isUnderWay || !twin.liveness.online || clock.now() < this.#pausedUntil) return;
    this.#markDue();
    this.next();
  }

  /** Delivers what is due and held up no more. */
  next(): void {
    const { room, twin, handOver } = this.#with;
    const hand = handOver();
    if (this.isUnderWay || !twin.liveness.online || hand === undefined) return;
    const wishes = room.waiting.filter((wish) => wish.isDue && !room.isHeldUp(wish));
    if (wishes.length === 0) return;
    this.#pausedUntil =
      this.#with.clock.now() + Math.min(1_000 * 2 ** ++this.#tries, longestPauseMs);
    void this.#deliver(wishes, hand).then(() => {
      this.#sending = undefined;
      this.next();
      this.#with.onIdle();
    });
  }

  async #deliver(wishes: readonly KeptWish[], hand: HandOver): Promise<void> {
    const sent = wishes.filter((wish) => this.#stillFits(wish));
    this.#sending = sent;
    if (sent.length === 0) return;
    for (const wish of sent) {
      wish.isDue = false;
      wish.wasSent = true;
    }
    const refusal = await this.#refusal(sent, hand);
    this.#sending = [];
    if (refusal === undefined) await Promise.all(sent.map((wish) => this.#end(wish)));
    else if (isTemporary(refusal)) return;
    else if (sent.length === 1) for (const wish of sent) this.#refuse(wish, refusal);
    else for (const wish of sent) await this.#deliverAlone(wish, hand);
  }

  /** A Thing takes a `set` all or not at all: one bad value must not cost the others. */
  async #deliverAlone(wish: KeptWish, hand: HandOver): Promise<void> {
    const { room } = this.#with;
    if (wish.isOver) return;
    if (room.isHeldUp(wish)) wish.isDue = true;
    else await this.#deliver([wish], hand);
  }

  async #refusal(wishes: readonly KeptWish[], hand: HandOver): Promise<Problem | undefined> {
    const values = Object.fromEntries(wishes.map(({ name, value }) => [name, value]));
    try {
      // A device that was just born may be saying what it was born with: at first only what was wished for confirms.
      await hand(this.#with.twin, values, { exact: this.#tries === 1 });
      return undefined;
    } catch (error) {
      return asProblem(error);
    }
  }

  /** The Thing may have come back with another description: what fits it no more is refused here. */
  #stillFits(wish: KeptWish): boolean {
    const { twin } = this.#with;
    try {
      checkWrites(twin.shape, twin.checks, { [wish.name]: wish.value });
      return true;
    } catch (error) {
      this.#refuse(wish, asProblem(error));
      return false;
    }
  }

  #refuse(wish: KeptWish, problem: Problem): void {
    if (wish.isOver) return;
    void this.#end(wish);
    this.#with.complaints.raise(this.#with.twin, `wish/${wish.name}`, problem);
  }

  async #end(wish: KeptWish): Promise<void> {
    const { room, twin, complaints } = this.#with;
    try {
      await room.end(wish);
    } catch (error) {
      complaints.raise(twin, 'stored', asProblem(error));
    }
  }

  #markDue(): void {
    for (const wish of this.#with.room.all) wish.isDue = true;
  }
}

/** What says nothing about the wish itself: the Thing was silent, or too much was going on. */
function isTemporary({ status }: Problem): boolean {
  return status === 503 || status === 429;
}

function isSo(twin: Twin, { name, value }: KeptWish): boolean {
  return twin.property(name)?.json === JSON.stringify(value);
}
