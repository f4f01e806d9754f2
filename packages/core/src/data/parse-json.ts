import { Problem } from '../problem/problem.ts';
import type { JsonValue } from './json.ts';
import { pointerTo } from './json-pointer.ts';

/** How large a document may be. */
export interface JsonLimits {
  /** Nested arrays and objects, counted from the outermost. */
  readonly depth: number;
  /** Members of all its objects together. */
  readonly members: number;
}

/** What a message may be, unless a setting says otherwise. */
export const messageLimits: JsonLimits = { depth: 32, members: 1_000 };

/** What a Thing Description may be. */
export const tdLimits: JsonLimits = { depth: 64, members: 10_000 };

/**
 * Reads JSON text from outside.
 *
 * Depth and members are counted before the text is parsed: text nested 100,000 deep passes `JSON.parse`
 * and then kills `JSON.stringify`. Numbers too large for a double are refused: `JSON.parse` makes them Infinity. So are texts with half of
 * a surrogate pair (RFC 8259, 8.2): no UTF-8 holds them, and some databases none of their escapes.
 *
 * @throws {@link Problem} `payload-invalid` that says what is wrong and at which character.
 */
export function parseJson(text: string, limits: JsonLimits = messageLimits): JsonValue {
  checkShape(text, limits);
  const value = parsed(text);
  if (isSuspect(text)) checkValue(value, '');
  return value;
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new Problem('payload-invalid', `not JSON: ${(cause as SyntaxError).message}`, { cause });
  }
}

const largeExponent = /\d[eE]\+?\d{3}/;
// Read once: no run of digits is tried twice.
const manyDigits = /(?:^|\D)\d{200}/;

/** Whether a text may hold what has to be looked at one by one: most hold none of it, so this is all they cost. */
function isSuspect(text: string): boolean {
  // A number reaches 1e309 only by an exponent of three digits, or by hundreds of digits; half of a pair comes by an escape alone.
  if (largeExponent.test(text) || text.includes('\\u')) return true;
  return text.length >= 200 && manyDigits.test(text);
}

function checkValue(value: JsonValue, at: string): void {
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
    throw new Problem('payload-invalid', `the number at '${at}' is larger than any double`);
  if (typeof value === 'string' && !value.isWellFormed())
    throw new Problem('payload-invalid', `the text at '${at}' holds half of a surrogate pair`);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (!name.isWellFormed())
      throw new Problem('payload-invalid', `a name in '${at}' holds half of a surrogate pair`);
    checkValue(member, pointerTo(at, name));
  }
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

function checkShape(text: string, limits: JsonLimits): void {
  // A text this short cannot break either limit: a level takes two characters, a member five (`"":1,`).
  if (text.length < 2 * (limits.depth + 1) && text.length < 5 * limits.members) return;
  let depth = 0;
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === openBrace || code === openBracket) {
      if (++depth > limits.depth) {
        throw new Problem(
          'payload-invalid',
          `nested deeper than ${limits.depth} at character ${at}`,
        );
      }
    } else if (code === closeBrace || code === closeBracket) depth--;
    else if (code === colon && ++members > limits.members) {
      throw new Problem(
        'payload-invalid',
        `more than ${limits.members} members at character ${at}`,
      );
    }
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== quote)
    at += text.charCodeAt(at) === backslash ? 2 : 1;
  return at;
}
