import { Problem, type Visit } from '@thingtalk/core';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what another site's page made a browser send. A browser says where a request comes from; what says nothing did not come
 * from a page of ours.
 *
 * @throws {@link Problem} `forbidden`.
 */
export function refuseOtherOrigins(visit: Pick<Visit, 'method' | 'headers' | 'isSecure'>): void {
  const isHandshake = visit.headers.upgrade !== undefined;
  if (safeMethods.has(visit.method) && !isHandshake) return;
  const { origin } = visit.headers;
  if (origin === undefined && visit.headers['sec-fetch-site'] === undefined) throw crossSite();
  refuseNamedOrigins(visit);
}

/**
 * Refuses what names another origin; programs, which name none, may come in: a login needs no cookie.
 *
 * @throws {@link Problem} `forbidden`.
 */
export function refuseNamedOrigins({
  headers,
  isSecure,
}: Pick<Visit, 'headers' | 'isSecure'>): void {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') throw crossSite();
  if (origin !== undefined && origin !== `${isSecure ? 'https' : 'http'}://${host}`) {
    throw crossSite();
  }
}

function crossSite(): Problem {
  return new Problem(
    'forbidden',
    'a page of another origin sent this, and cookies do not speak for it',
  );
}
