import { hash } from 'node:crypto';
import type { Clock, Right } from '@thingtalk/core';
import { BoundedMap } from '../bounded-map.ts';
import { hashOf, randomText, sameHash } from '../secret-text.ts';

/** How long a code may be exchanged, in milliseconds. */
const codeLifeMs = 60_000;
const mostCodes = 10_000;

/** What somebody has allowed, until the app fetches its tokens. */
export interface Allowed {
  readonly app: string;
  readonly redirectUri: string;
  /** PKCE: SHA-256 of the verifier, base64url. */
  readonly challenge: string;
  readonly principal: string;
  readonly rights: readonly Right[];
}

interface Issued extends Allowed {
  readonly expires: number;
  /** The family of tokens it was exchanged for. */
  consent: string | undefined;
  isUsed: boolean;
}

/** A code that came a second time. */
export interface StolenCode {
  /** The family of tokens that it became. */
  readonly stolen: string;
  readonly from: string;
}

/** How a code is exchanged. */
export interface Exchange {
  readonly app: string;
  readonly code: string;
  readonly redirectUri: string;
  readonly verifier: string;
}

/**
 * Authorization codes: each is good once, for a minute, for the app that began and can show the verifier.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7636 | RFC 7636, PKCE}
 */
export class AuthorizationCodes {
  readonly #clock: Clock;
  readonly #codes = new BoundedMap<string, Issued>(mostCodes);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(allowed: Allowed): string {
    const code = randomText(52);
    const expires = this.#clock.now() + codeLifeMs;
    this.#codes.set(hashOf(code), { ...allowed, expires, consent: undefined, isUsed: false });
    return code;
  }

  /**
   * Takes a code.
   *
   * @returns what was allowed; the family of tokens to end as well, when the code comes a second time; `undefined` when it is no good.
   */
  take({ app, code, redirectUri, verifier }: Exchange): Allowed | StolenCode | undefined {
    const issued = this.#codes.get(hashOf(code));
    if (issued === undefined) return undefined;
    if (issued.isUsed)
      return issued.consent === undefined
        ? undefined
        : { stolen: issued.consent, from: issued.principal };
    // Whoever has a code and not the rest has it from somebody else: it is no good any more.
    issued.isUsed = true;
    const isRight =
      issued.app === app &&
      issued.redirectUri === redirectUri &&
      issued.expires > this.#clock.now() &&
      isVerifier(verifier) &&
      sameHash(issued.challenge, hash('sha256', verifier, 'base64url'));
    return isRight ? issued : undefined;
  }

  /** Notes which family of tokens a code became, so that they end when it comes again. */
  became(code: string, consent: string): void {
    const issued = this.#codes.get(hashOf(code));
    if (issued !== undefined) issued.consent = consent;
  }
}

/** Whether a text may be a `code_challenge` of the method S256: SHA-256, base64url. */
export function isChallenge(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}

function isVerifier(text: string): boolean {
  return /^[\w.~-]{43,128}$/.test(text);
}
