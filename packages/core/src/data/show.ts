/** Longest text that is quoted whole in a sentence. */
const quotedLength = 60;
/** Most members that are named. */
const namedMembers = 5;

/**
 * A value as it stands in a sentence about it: short, and without walking through it.
 *
 * @example `'abc'`, `130`, `an array of 3`, `an object of 'on', 'level'`, `nothing`
 */
export function show(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return showObject(value);
  return String(value);
}

function quoted(text: string): string {
  return text.length <= quotedLength ? `'${text}'` : `'${text.slice(0, quotedLength - 1)}…'`;
}

function showObject(value: object): string {
  const names = Object.keys(value);
  if (names.length === 0) return 'an empty object';
  const rest = names.length > namedMembers ? ', …' : '';
  return `an object of ${names.slice(0, namedMembers).map(quoted).join(', ')}${rest}`;
}
