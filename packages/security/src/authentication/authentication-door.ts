import {
  type Access,
  type Audit,
  type AuditEntry,
  Problem,
  type RouteRequest,
} from '@thingtalk/core';
import type { GuestLinks } from './guest-links.ts';
import type { Identity } from './identity.ts';
import type { Logins } from './logins.ts';
import type { AppTokens } from './oauth/app-tokens.ts';
import type { People } from './people.ts';
import type { Sessions } from './sessions.ts';
import type { Tickets } from './tickets.ts';
import type { Tokens } from './tokens.ts';

/** What the rows of authentication work with. */
export interface AuthenticationDoor {
  readonly people: People;
  readonly logins: Logins;
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly appTokens: AppTokens;
  readonly tickets: Tickets;
  readonly guestLinks: GuestLinks;
  readonly audit: Audit;
  /** By what a request was recognised: `SecurityGuard.identityOf`. */
  readonly identityOf: (access: Access) => Identity;
  /**
   * Takes back all rights of somebody who is about to be no more: `Policy.forget`. Default: there are none.
   *
   * @throws {@link Problem} `conflict` when somebody must keep them; nothing is removed then.
   */
  readonly forgetRights?: (principal: string, author: string) => Promise<void>;
}

/** Writes down what was done by a request. */
export function recordDone(
  { audit }: Pick<AuthenticationDoor, 'audit'>,
  { access, address }: Pick<RouteRequest, 'access' | 'address'>,
  entry: Pick<AuditEntry, 'what' | 'on' | 'why'>,
): void {
  audit.record({ who: access.principal.id, from: address, outcome: 'allowed', ...entry });
}

/**
 * The person who asks, by credentials that stand for all of them: a token that is narrowed makes no wider one.
 *
 * @throws {@link Problem} `forbidden`.
 */
export function wholePerson(door: AuthenticationDoor, { access }: RouteRequest): Identity {
  const identity = door.identityOf(access);
  if (identity.principal.kind !== 'person') {
    throw new Problem('forbidden', 'this is for people who are logged in');
  }
  if (identity.scopes !== undefined) {
    throw new Problem('forbidden', 'a token that is narrowed to something cannot do this');
  }
  return identity;
}

/** The parameter `id` of the path. */
export function idOf({ params: { id = '' } }: RouteRequest): string {
  return id;
}
