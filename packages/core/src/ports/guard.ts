import type { Problem } from '../problem/problem.ts';
import type { ThingId } from '../td/thing-id.ts';

/** What may be done: `manage` changes what others may do, or which Things there are. */
export type Right = 'read' | 'write' | 'observe' | 'invoke' | 'subscribe' | 'manage';

/** What somebody who asks is. */
export type PrincipalKind = 'person' | 'app' | 'device' | 'service' | 'guest' | 'anonymous';

/** Somebody who asks: rights are given to principals. */
export interface Principal {
  /** Never given twice: `person_...`, `app_...`, `device_...`. */
  readonly id: string;
  readonly kind: PrincipalKind;
  /** For people to read. */
  readonly name: string;
}

/**
 * What one visitor may do, for as long as its request or connection lasts. Every answer comes at once and follows the policy as
 * it is now, so that whoever holds one asks again instead of remembering.
 */
export interface Access {
  readonly principal: Principal;
  /** True for whom nothing is ever refused: a demo without security, the gateway itself. Doors may then skip asking. */
  readonly isUnlimited: boolean;
  /** Changes whenever an answer may have changed: what was derived from answers is then derived anew. */
  readonly revision: number;
  /** Whether it may do this to an affordance of a Thing; without a name, to all of the Thing. */
  may(right: Right, thing: ThingId, affordance?: string): boolean;
  /** Whether it may do this to every Thing there is or will be, with nothing denied: what a topic filter of all Things asks for. */
  mayEverywhere(right: Right): boolean;
  /** Whether it speaks for the Thing: a device for its own. It alone says on the bus what such a Thing is and does. */
  owns(thing: ThingId): boolean;
  /** Whether there is anything it may do to the Thing. A Thing it does not see does not exist for it. */
  sees(thing: ThingId): boolean;
  /** Whether it may manage the gateway: its people, grants, devices and directory. */
  readonly manages: boolean;
  /** Calls `listener` after an answer may have changed: what is open by a right that is gone is then closed. Returns how to stop. */
  onChange(listener: () => void): () => void;
  /** Calls `listener` once when it is over: expired, revoked, logged out. At once when it is over already. Returns how to stop. */
  onEnd(listener: (why: Problem) => void): () => void;
}

/** How somebody came to a door: a request, or the handshake of a WebSocket. */
export interface Visit {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The address of the other end of the socket. */
  readonly address: string;
  /** Whether it came over TLS. */
  readonly isSecure: boolean;
}

/** Says who asks, at the door where a request enters. */
export interface Guard {
  /**
   * Who stands behind a visit. Known credentials are answered at once, without a promise.
   *
   * @throws {@link Problem} `unauthenticated` for credentials that are none, or where some are needed; `too-many-requests`.
   */
  admit(visit: Visit): Access | Promise<Access>;
}

/** Lets everybody do everything: a demo without security, and what the gateway does by itself. */
export const openAccess: Access = {
  principal: { id: 'anonymous', kind: 'anonymous', name: 'anybody' },
  isUnlimited: true,
  revision: 0,
  may: () => true,
  mayEverywhere: () => true,
  owns: () => true,
  sees: () => true,
  manages: true,
  onChange: () => () => {},
  onEnd: () => () => {},
};

/** The {@link Guard} of a door that is open to everybody. */
export const openGuard: Guard = { admit: () => openAccess };
