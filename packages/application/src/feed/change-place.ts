/**
 * Where something stands among all changes: microseconds since 1970, each change after the one before.
 *
 * It has two spellings, one for each door: a time, as server-sent events of the W3C profile have it, and a UUID, as
 * the Web Thing Protocol has it. Both sort as the changes do.
 */
export type Place = number;

/** The place as RFC 3339 with microseconds: `2026-11-24T16:20:48.123456Z`. */
export function placeTime(place: Place): string {
  const millis = new Date(Math.floor(place / 1_000)).toISOString().slice(0, -1);
  return `${millis}${String(place % 1_000).padStart(3, '0')}Z`;
}

/**
 * The place in UUIDv4 format.
 *
 * @param tail the second half, which tells one log from another, as `-8f3a-0242ac120002`.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-4 | RFC 9562, 5.4}
 */
export function placeUuid(place: Place, tail: string): string {
  const hex = place.toString(16).padStart(15, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12)}${tail}`;
}

const time = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})(\d{3})Z$/;
const uuid = /^([\da-f]{8})-([\da-f]{4})-4([\da-f]{3})-[89ab][\da-f]{3}-[\da-f]{12}$/i;

/** Reads a place in either spelling; `undefined` for what is neither. */
export function readPlace(text: string): Place | undefined {
  const [, millis = '', micros = ''] = time.exec(text) ?? [];
  const [, high = '', middle = '', low = ''] = uuid.exec(text) ?? [];
  const place = millis
    ? Date.parse(`${millis}Z`) * 1_000 + Number(micros)
    : Number.parseInt(high + middle + low, 16);
  return Number.isSafeInteger(place) ? place : undefined;
}
