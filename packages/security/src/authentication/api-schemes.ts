import type { RouteRequest } from '@thingtalk/core';
import { scopeWords } from './oauth/authorization-request.ts';
import { metadataOf } from './oauth/oauth-routes.ts';
import { cookieName } from './sessions.ts';

/** What may be shown at the HTTP doors, as OpenAPI says it; each is good by itself. */
export function apiSchemes({
  base,
  isSecure,
  address,
}: Pick<RouteRequest, 'base' | 'isSecure' | 'address'>) {
  const { authorization_endpoint, token_endpoint } = metadataOf(base);
  const cookie = cookieName({ isSecure, address });
  return {
    bearer: {
      type: 'http',
      scheme: 'bearer',
      description: 'An API token (`POST /tokens`), or that of a guest link',
    },
    oauth2: {
      type: 'oauth2',
      description: 'An app that acts for a person, by PKCE; it is registered by `POST /apps`',
      flows: {
        authorizationCode: {
          authorizationUrl: authorization_endpoint,
          tokenUrl: token_endpoint,
          refreshUrl: token_endpoint,
          scopes: Object.fromEntries(scopeWords.map((right) => [right, `${right} Things`])),
        },
      },
    },
    ...(cookie !== undefined && {
      session: {
        type: 'apiKey',
        in: 'cookie',
        name: cookie,
        description: 'A browser that has signed in at `/login` sends it by itself',
      },
    }),
  };
}
