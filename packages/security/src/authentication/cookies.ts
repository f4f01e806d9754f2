import type { Visit } from '@thingtalk/core';

/** Longest header that is looked at. */
const longestHeader = 8_192;

/**
 * The value of a cookie; `undefined` when there is none, or more than one of the name: one of them was put there by somebody else.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6265#section-4.2.1 | RFC 6265, 4.2.1}
 */
export function cookieOf(
  { headers: { cookie } }: Pick<Visit, 'headers'>,
  name: string,
): string | undefined {
  if (typeof cookie !== 'string' || cookie.length > longestHeader) return undefined;
  const values = cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}

/** What a cookie is set to. */
export interface CookieValue {
  readonly name: string;
  /** Empty takes it away. */
  readonly value: string;
  /** Seconds until the browser forgets it. */
  readonly maxAge: number;
  /** Whether it is sent over TLS only. */
  readonly isSecure: boolean;
}

/** A `Set-Cookie` header that no script reads and no other site sends. */
export function setCookie({ name, value, maxAge, isSecure }: CookieValue): string {
  const secure = isSecure ? '; Secure' : '';
  return `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${secure}`;
}
