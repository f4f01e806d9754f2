import type { RouteRequest } from '@thingtalk/core';
import { header } from './conditions.ts';

/** Longest wait that a client may ask for, in seconds. */
const maxWaitSeconds = 30;

const token = /^[!#$%&'*+.^`|~\w-]+$/;

/**
 * What a client would like, by name in lower case; a preference without a value has the empty one.
 *
 * Of one that is named twice the first counts. What is no preference is left out, as are parameters: none of ours has any.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7240#section-2 | RFC 7240, 2}
 */
export function preferences(prefer: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const element of splitUnquoted(prefer, ',')) {
    const [preference = ''] = splitUnquoted(element, ';');
    const equals = preference.indexOf('=');
    const name = (equals < 0 ? preference : preference.slice(0, equals)).trim().toLowerCase();
    const value = equals < 0 ? '' : wordIn(preference.slice(equals + 1).trim());
    if (token.test(name) && value !== undefined && !found.has(name)) found.set(name, value);
  }
  return found;
}

/**
 * How long the client is ready to wait, in milliseconds: `Prefer: wait=N` in seconds, at most 30.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7240#section-4.3 | RFC 7240, 4.3}
 */
export function preferredWaitMs(headers: RouteRequest['headers']): number | undefined {
  const prefer = header(headers, 'prefer');
  const seconds = prefer && preferences(prefer).get('wait');
  if (seconds === undefined || !/^\d{1,9}$/.test(seconds)) return undefined;
  return Math.min(Number(seconds), maxWaitSeconds) * 1_000;
}

/**
 * Whether the client would rather have its request kept than refused.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7240#section-4.1 | RFC 7240, 4.1}
 */
export function prefersAsync(headers: RouteRequest['headers']): boolean {
  const prefer = header(headers, 'prefer');
  return prefer !== undefined && preferences(prefer).has('respond-async');
}

/** A token or what a quoted string says; `undefined` when it is neither. */
function wordIn(text: string): string | undefined {
  if (text === '' || token.test(text)) return text;
  const isQuoted = text.length > 1 && text.startsWith('"') && text.endsWith('"');
  return isQuoted ? text.slice(1, -1).replace(/\\(.)/g, '$1') : undefined;
}

/** The parts of a text between separators; those inside a quoted string separate nothing. */
function splitUnquoted(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    if (isQuoted && text[at] === '\\') at++;
    else if (text[at] === '"') isQuoted = !isQuoted;
    else if (text[at] === separator && !isQuoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
