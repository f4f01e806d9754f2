import { CliError } from './cli-error.ts';

const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads until when something holds, as people say it: the end of a day by its name or date, by the clock of this machine; a time; or
 * how long from now, as `90m`, `12h`, `7d`.
 *
 * @returns RFC 3339, in UTC.
 * @throws {@link CliError} that shows what was given instead.
 */
export function momentOf(text: string, now = new Date()): string {
  const time = ofDuration(text, now) ?? ofDayName(text, now) ?? ofDate(text) ?? ofTime(text);
  if (time !== undefined) return new Date(time).toISOString();
  throw new CliError(
    'usage',
    `'${text}' is no time: say sunday, 2026-11-30, 2026-11-30T18:00:00Z, or 12h from now`,
  );
}

function ofDuration(text: string, now: Date): number | undefined {
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  return count === undefined ? undefined : now.getTime() + Number(count) * (units[unit] ?? 0);
}

/** The end of the next such day; of today when it is one. */
function ofDayName(text: string, now: Date): number | undefined {
  const word = text.toLowerCase();
  const day = days.findIndex((name) => name === word || name.slice(0, 3) === word);
  if (day < 0) return undefined;
  const ahead = (day - now.getDay() + 7) % 7;
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + ahead + 1).getTime();
}

function ofDate(text: string): number | undefined {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  if (day === undefined || Number.isNaN(Date.parse(text))) return undefined;
  return new Date(Number(year), Number(month) - 1, Number(day) + 1).getTime();
}

function ofTime(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
