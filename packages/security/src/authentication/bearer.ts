import { Problem, type Visit } from '@thingtalk/core';

/** Longest text that is looked at: longer ones are no credentials of ours. */
const longestHeader = 2_048;

/** The characters of a token, RFC 6750, 2.1. */
const tokenForm = /^[\w.~+/-]+=*$/;

/**
 * The text of an `Authorization: Bearer ...` header; `undefined` when there is no such header.
 *
 * @throws {@link Problem} `unauthenticated` that says what is wrong with the header, without repeating it.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-2.1 | RFC 6750, 2.1}
 */
export function bearerOf({ headers: { authorization } }: Visit): string | undefined {
  if (authorization === undefined) return undefined;
  if (typeof authorization !== 'string') throw badCredentials('more than one Authorization header');
  if (authorization.length > longestHeader) {
    throw badCredentials(`an Authorization header of more than ${longestHeader} characters`);
  }
  const [scheme = '', token, ...more] = authorization.trim().split(/ +/);
  if (scheme.toLowerCase() !== 'bearer') {
    const isName = /^[a-z][a-z0-9-]{0,31}$/i.test(scheme) && token !== undefined;
    throw badCredentials(
      isName
        ? `the scheme ${scheme} is not offered, Bearer is`
        : 'an Authorization header without a scheme',
    );
  }
  if (token === undefined) throw badCredentials('an Authorization header without a token');
  if (more.length > 0) throw badCredentials('a token with a space in it');
  if (!tokenForm.test(token)) throw badCredentials('a token with characters that no token has');
  return token;
}

/**
 * The refusal of credentials that are none.
 *
 * @param what what came instead: completes the sentence "these are no good credentials: ...". Never the secret.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3 | RFC 6750, 3}
 */
export function badCredentials(what: string): Problem {
  const description = `these are no good credentials: ${what}`;
  // A quoted-string of a challenge holds printable ASCII without quotes and backslashes.
  const quoted = description.replace(/[^ !#-[\]-~]/g, '?');
  return new Problem('unauthenticated', description, {
    challenge: `Bearer error="invalid_token", error_description="${quoted}"`,
  });
}

/** Names under which tokens have been put into addresses. */
const tokenParameter = /[?&](?:access_token|jwt|token|api_key|apikey)=/i;
const ownToken = /tt_(?:pat|guest|session|device|claim|access|refresh)_/;

/**
 * Refuses credentials in addresses: those are written into logs, histories and referrers.
 *
 * @throws {@link Problem} `unauthenticated`.
 */
export function refuseTokensInUrl({ url }: Visit): void {
  if (!url.includes('?') && !url.includes('tt_')) return;
  if (tokenParameter.test(url) || ownToken.test(url)) {
    throw badCredentials(
      'a token in the address; it goes into the Authorization header, or for a WebSocket is exchanged for a ticket',
    );
  }
}
