import { compilePattern } from './pattern.ts';

/**
 * The values of `format` that are checked; any other is only a hint.
 *
 * @see {@link https://json-schema.org/draft/2020-12/json-schema-validation#section-7.3 | JSON Schema Validation, 7.3}
 */
export const formats = {
  'date-time': isDateTime,
  date: isDate,
  time: isTime,
  duration: fits(
    /^P(?=.)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/,
  ),
  email: fits(/^[^\s@]+@[^\s@]+$/),
  'idn-email': fits(/^[^\s@]+@[^\s@]+$/),
  hostname: fits(
    /^(?=.{1,253}$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i,
  ),
  ipv4: fits(/^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/),
  ipv6: (text: string) => /^[\da-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`),
  uri: isUriText,
  iri: isUriText,
  'uri-reference': fits(/^[^\s\\<>"{}|^`]*$/),
  'iri-reference': fits(/^[^\s\\<>"{}|^`]*$/),
  uuid: fits(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i),
  'json-pointer': fits(/^(?:\/(?:[^~/]|~0|~1)*)*$/),
  regex: isPattern,
} as const satisfies Readonly<Record<string, (text: string) => boolean>>;

/** A format that is checked. */
export type KnownFormat = keyof typeof formats;

/** Whether `format` is a row of {@link formats}. */
export function isKnownFormat(format: unknown): format is KnownFormat {
  return typeof format === 'string' && Object.hasOwn(formats, format);
}

function fits(expression: RegExp): (text: string) => boolean {
  return (text) => expression.test(text);
}

function isDateTime(text: string): boolean {
  const separator = text.search(/[t ]/i);
  return isDate(text.slice(0, separator)) && isTime(text.slice(separator + 1));
}

function isDate(text: string): boolean {
  const [, year, month, day] = (/^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(month, year);
}

function daysIn(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

// A leap second (60) is legal in RFC 3339; whether that minute had one is not looked up.
const fullTime = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i;

function isTime(text: string): boolean {
  return fullTime.test(text);
}

function isUriText(text: string): boolean {
  return /^[a-z][a-z\d+.-]*:[^\s\\<>"{}|^`]*$/i.test(text) && URL.canParse(text);
}

function isPattern(text: string): boolean {
  try {
    compilePattern(text);
    return true;
  } catch {
    return false;
  }
}
