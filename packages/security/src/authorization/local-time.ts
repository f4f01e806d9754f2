const minute = 60_000;
const day = 1_440 * minute;

/** Minutes since midnight that `07:30` stands for, up to `24:00`; `undefined` when it is no time of day. */
export function minutesOf(text: string): number | undefined {
  const [, hours, minutes] = /^(\d\d):([0-5]\d)$/.exec(text) ?? [];
  const sum = Number(hours) * 60 + Number(minutes);
  return sum <= 1_440 ? sum : undefined;
}

/** Whether there is a time zone of this name. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Offsets and abbreviations are understood too, but know no summer time.
    return /^[A-Z][\w+-]*(\/[\w+-]+)+$|^UTC$/i.test(name);
  } catch {
    return false;
  }
}

/** What the clocks on the wall of one time zone say. */
export class LocalTime {
  readonly #format: Intl.DateTimeFormat;

  /** @param zone its IANA name. */
  constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat('en', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** The day of the week (0 is Monday) and the minute of the day that the clock shows at `time`. */
  read(time: number): { readonly weekday: number; readonly minute: number } {
    const shown = time + this.#offset(time);
    const date = new Date(shown);
    return {
      weekday: (date.getUTCDay() + 6) % 7,
      minute: Math.floor((((shown % day) + day) % day) / minute),
    };
  }

  /**
   * The first moment after `time` at which the clock comes to one of these minutes of the day, or is put forward or back.
   * At most a day away.
   */
  next(time: number, minutes: readonly number[]): number {
    const offset = this.#offset(time);
    const midnight = Math.floor((time + offset) / day) * day - offset;
    const ahead = minutes.map((one) => {
      const today = midnight + (one % 1_440) * minute;
      return today > time ? today : today + day;
    });
    const candidate = Math.min(...ahead);
    return this.#offset(candidate) === offset ? candidate : this.#turn(time, candidate, offset);
  }

  /** The moment between two at which the clock is put from `offset` to another. */
  #turn(before: number, after: number, offset: number): number {
    let [low, high] = [before, after];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#offset(middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }

  /** How much the clock is ahead of UTC at `time`, in milliseconds. */
  #offset(time: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(time)) part[type] = Number(value);
    const { year = 0, month = 1, day: date = 1, hour, minute: minutes, second } = part;
    const shown = Date.UTC(year, month - 1, date, hour, minutes, second);
    return shown - Math.floor(time / 1_000) * 1_000;
  }
}
