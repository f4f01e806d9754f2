import { type GrantConditions, weekdays } from './grant.ts';
import { LocalTime, minutesOf } from './local-time.ts';

const midnight = 0;

/** When a grant holds. */
export class Schedule {
  readonly #from: number;
  readonly #until: number;
  readonly #local: LocalTime | undefined;
  readonly #days: ReadonlySet<number>;
  readonly #hours: { readonly from: number; readonly to: number };
  /** Minutes of the day at which it may begin or end. */
  readonly #turns: readonly number[];

  /** @param when of a grant that was read. */
  constructor({ from, until, days, hours, zone = 'UTC' }: GrantConditions) {
    this.#from = from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from);
    this.#until = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
    this.#local = days || hours ? new LocalTime(zone) : undefined;
    this.#days = new Set((days ?? weekdays).map((day) => weekdays.indexOf(day)));
    this.#hours = {
      from: minutesOf(hours?.from ?? '00:00') ?? 0,
      to: minutesOf(hours?.to ?? '24:00') ?? 0,
    };
    this.#turns = [midnight, this.#hours.from, this.#hours.to];
  }

  /** Whether it holds at `time`, in milliseconds since 1970. */
  isOpen(time: number): boolean {
    return time >= this.#from && time < this.#until && this.#isHour(time);
  }

  /** The first moment after `time` at which {@link isOpen} may say otherwise; infinite when there is none. */
  next(time: number): number {
    if (time >= this.#until) return Number.POSITIVE_INFINITY;
    if (time < this.#from) return this.#from;
    return Math.min(this.#until, this.#local?.next(time, this.#turns) ?? Number.POSITIVE_INFINITY);
  }

  #isHour(time: number): boolean {
    if (this.#local === undefined) return true;
    const { weekday, minute } = this.#local.read(time);
    const { from, to } = this.#hours;
    if (from < to) return this.#days.has(weekday) && minute >= from && minute < to;
    // Past midnight: what began yesterday goes on until `to`.
    const yesterday = (weekday + 6) % 7;
    return (
      (this.#days.has(weekday) && minute >= from) || (this.#days.has(yesterday) && minute < to)
    );
  }
}
