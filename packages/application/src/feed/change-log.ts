import { Change, type ChangeInit, covers, type Scope } from './change.ts';
import { type Place, placeUuid } from './change-place.ts';

/** What comes after a place. */
export interface Replay {
  /** Oldest first. */
  readonly changes: readonly Change[];
  /** Nothing is left out after this: the place that was named or, where something after that is forgotten, a later one. */
  readonly from: Place;
}

/** How much a {@link ChangeLog} remembers. */
export interface ChangeLogLimits {
  /** Default 10,000. */
  readonly changes: number;
  /** Characters of JSON text of them all. Default 8 Mi. */
  readonly characters: number;
}

const defaultLimits: ChangeLogLimits = { changes: 10_000, characters: 8 * 1024 * 1024 };

/**
 * The last changes of all Things, for readers whose connection broke. When it is full, the oldest are forgotten.
 */
export class ChangeLog {
  readonly #limits: ChangeLogLimits;
  /** Two logs never give the same UUID, whichever gateway or boot they are of. */
  readonly #tail = crypto.randomUUID().slice(18);
  #changes: Change[] = [];
  #start = 0;
  #characters = 0;
  #last: Place;
  #horizon: Place;

  /** @param now when it begins, in milliseconds since 1970: what happened before is not remembered. */
  constructor(now: number, limits: ChangeLogLimits = defaultLimits) {
    this.#limits = limits;
    this.#last = now * 1_000;
    this.#horizon = this.#last;
  }

  /** Where the newest change stands. */
  get last(): Place {
    return this.#last;
  }

  /** A place in this log as a UUID. */
  uuid(place: Place): string {
    return placeUuid(place, this.#tail);
  }

  /** Remembers a change; its place is the time `now` in milliseconds since 1970, or just after the one before. */
  add(init: ChangeInit, now: number): Change {
    this.#last = Math.max(this.#last + 1, now * 1_000);
    const change = new Change(init, this.#last);
    this.#changes.push(change);
    this.#characters += sizeOf(change);
    this.#forget();
    return change;
  }

  /**
   * What came after `place` and is covered by `scope`.
   *
   * A place that was never given, as from before the clock was set back, means nothing: its replay is empty, from now.
   */
  after(place: Place, scope: Scope): Replay {
    const changes: Change[] = [];
    for (let at = this.#changes.length - 1; at >= this.#start; at--) {
      const change = this.#changes[at];
      if (change === undefined || change.place <= place) break;
      if (covers(scope, change)) changes.push(change);
    }
    const from = place > this.#last ? this.#last : Math.max(place, this.#horizon);
    return { changes: changes.reverse(), from };
  }

  #forget(): void {
    const { changes, characters } = this.#limits;
    while (this.#changes.length - this.#start > changes || this.#characters > characters) {
      const oldest = this.#changes[this.#start++];
      if (oldest === undefined) break;
      this.#characters -= sizeOf(oldest);
      this.#horizon = oldest.place;
    }
    // Moving the rest down now and then costs less than a shift for each change.
    if (this.#start > changes) {
      this.#changes = this.#changes.slice(this.#start);
      this.#start = 0;
    }
  }
}

function sizeOf({ json }: Change): number {
  return json?.length ?? 0;
}
