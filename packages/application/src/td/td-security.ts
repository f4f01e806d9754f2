import type { SecurityScheme } from '@thingtalk/core';

/** What a client must show at the doors, as a Thing Description says it: true for every form that says nothing else. */
export interface TdSecurity {
  readonly securityDefinitions: Readonly<Record<string, SecurityScheme>>;
  readonly security: string;
}

/** Doors that are open to everybody. */
export const openSecurity: TdSecurity = {
  securityDefinitions: { nosec_sc: { scheme: 'nosec' } },
  security: 'nosec_sc',
};

/** Name of the definition that holds at the MQTT broker, which has no headers, where it is defined. */
const brokerSecurity = 'basic_sc';

/** Name of the definition that forms of the MQTT broker name; `undefined` where the one for all forms holds there too. */
export function securityAtBroker(security: TdSecurity | undefined): string | undefined {
  const isDefined = security !== undefined && brokerSecurity in security.securityDefinitions;
  return isDefined ? brokerSecurity : undefined;
}

/** Where a client gets the token that it must show. */
export interface BearerOptions {
  /** Address of the authorization endpoint. */
  readonly authorization?: string;
  /** Address of the token endpoint; together with `authorization` it is said how OAuth 2 is spoken there. */
  readonly token?: string;
}

/**
 * Doors that want a token in the `Authorization` header. A token of OAuth 2 is one; how to get it is defined beside.
 *
 * @see {@link https://www.w3.org/TR/wot-thing-description11/#bearersecurityscheme | WoT TD 1.1, BearerSecurityScheme}
 */
export function bearerSecurity({ authorization, token }: BearerOptions = {}): TdSecurity {
  const offersOAuth = authorization !== undefined && token !== undefined;
  return {
    securityDefinitions: {
      bearer_sc: {
        scheme: 'bearer',
        in: 'header',
        // What would go without saying is a JWT (TD 1.1, 5.3.3.7); these tokens mean nothing to anybody but who gave them.
        format: 'opaque',
        alg: 'none',
        ...(authorization !== undefined && { authorization }),
      },
      [brokerSecurity]: {
        scheme: 'basic',
        in: 'auto',
        description:
          'In MQTT the same token is the password of CONNECT; the user name is yours, or its id (pat_...)',
      },
      ...(offersOAuth && { oauth2_sc: { scheme: 'oauth2', flow: 'code', authorization, token } }),
    },
    // By its own name, not within a `combo`: node-wot 0.8.16 knows no combos, and would show no token at all.
    security: 'bearer_sc',
  };
}
