import type { Principal, Right, ThingId, Visit } from '@thingtalk/core';

/** What a credential is narrowed to, whatever its principal may do beside. */
export interface Scope {
  readonly rights: readonly Right[];
  /** Default: everything. */
  readonly on?: { readonly thing: ThingId; readonly affordance?: string };
}

/** Who was recognised, and by what. */
export interface Identity {
  readonly principal: Principal;
  /** The password's session, token or secret that showed it: what is revoked alone. Never the secret itself. */
  readonly credential: string;
  /** The Things it speaks for: a device's own. Default: none. */
  readonly owns?: readonly ThingId[];
  /** When the credential is over, in milliseconds since 1970. Default: never. */
  readonly expires?: number;
  /** Only what one of these allows as well. Default: all that the principal may do. */
  readonly scopes?: readonly Scope[];
}

/** Recognises one kind of credentials. */
export interface Authenticator {
  /**
   * Who stands behind a visit; `undefined` when it carries no credentials of this kind.
   *
   * @throws {@link Problem} `unauthenticated` when it carries some and they are wrong, over or revoked; `too-many-requests`.
   */
  authenticate(visit: Visit): Identity | undefined | Promise<Identity | undefined>;
}
