import { Problem, type Right } from '@thingtalk/core';
import type { App, Apps } from './apps.ts';
import { isChallenge } from './authorization-codes.ts';

/** The rights that apps may ask for, as words of `scope`. */
export const scopeWords: readonly Right[] = [
  'read',
  'write',
  'observe',
  'invoke',
  'subscribe',
  'manage',
];

/** Parameters of a request, each at most once. */
export type Parameters = (name: string) => string | undefined;

/** What an app asks a person for. */
export interface AuthorizationRequest {
  readonly app: App;
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly challenge: string;
  readonly rights: readonly Right[];
}

/** A request that is wrong, which the app is told by sending the person back. */
export class RedirectedError extends Error {
  /** Where the person is sent. */
  readonly location: string;

  constructor(location: string) {
    super('the app asked for something that is not offered');
    this.location = location;
  }
}

/**
 * Reads what an app asks for.
 *
 * @throws {@link Problem} `bad-request` where nobody may be sent back: the app is unknown, or the address is none of its own.
 * @throws {@link RedirectedError} for whatever else is wrong.
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1#section-4.1.1 | OAuth 2.1, 4.1.1}
 */
export function readAuthorizationRequest(apps: Apps, get: Parameters): AuthorizationRequest {
  const app = apps.find(get('client_id') ?? '');
  if (app === undefined) throw new Problem('bad-request', 'there is no app of this client_id');
  const redirectUri = get('redirect_uri') ?? '';
  // To the letter: whatever is more lenient sends codes to somebody else.
  if (!app.redirectUris.includes(redirectUri)) {
    throw new Problem('bad-request', 'the redirect_uri is none of those the app has registered');
  }
  const state = get('state');
  const refuse = (error: string, description: string): never => {
    throw new RedirectedError(
      withParameters(redirectUri, { error, error_description: description, state }),
    );
  };
  if (get('response_type') !== 'code') refuse('unsupported_response_type', 'only code is offered');
  if (get('code_challenge_method') !== 'S256') refuse('invalid_request', 'PKCE by S256 is needed');
  const challenge = get('code_challenge') ?? '';
  if (!isChallenge(challenge)) refuse('invalid_request', 'code_challenge is no SHA-256');
  const asked = (get('scope') ?? 'read').split(' ').filter((word) => word !== '');
  const rights = scopeWords.filter((word) => asked.includes(word));
  if (rights.length === 0 || rights.length !== new Set(asked).size) {
    refuse('invalid_scope', `scope is of ${scopeWords.join(' ')}`);
  }
  return { app, redirectUri, state, challenge, rights };
}

/** An address with more parameters; those that are `undefined` are left out. */
export function withParameters(
  address: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const query = new URLSearchParams(given).toString();
  return `${address}${address.includes('?') ? '&' : '?'}${query}`;
}
