import type { Right, ThingId } from '@thingtalk/core';

/** All rights there are, in the order in which they are written down. */
export const rights = [
  'read',
  'write',
  'observe',
  'invoke',
  'subscribe',
  'manage',
] as const satisfies readonly Right[];

/** The kinds of principal a grant may be given to by their id; `anonymous` visitors have what the group `anybody` has. */
export const granteeKinds = ['person', 'app', 'device', 'service', 'guest'] as const;

/** Whom a grant is given to: one principal by its id, or a group. */
export type Grantee =
  | { readonly person: string }
  | { readonly app: string }
  | { readonly device: string }
  | { readonly service: string }
  | { readonly guest: string }
  | { readonly group: string };

/** What a grant is about. Affordances are named alike whether they are properties, actions or events: the right tells them apart. */
export type GrantTarget =
  | 'all'
  | { readonly thing: ThingId; readonly affordance?: string }
  | { readonly tag: string }
  | { readonly type: string };

/** Days of the week, from Monday. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** A day of the week. */
export type Weekday = (typeof weekdays)[number];

/** When, and from where, a grant holds: all that is said must be so. */
export type GrantConditions = {
  /** Not before this moment: RFC 3339, `Z`. */
  readonly from?: string;
  /** Before this moment only: RFC 3339, `Z`. */
  readonly until?: string;
  /** Only on these days, by the clock of `zone`. Hours that pass midnight belong to the day on which they began. */
  readonly days?: readonly Weekday[];
  /** Only at these hours, by the clock of `zone`: `HH:MM`, `to` excluded; `to` before `from` passes midnight. */
  readonly hours?: { readonly from: string; readonly to: string };
  /** IANA time zone, as `Europe/Vienna`; needed for days and hours. */
  readonly zone?: string;
  /** Only from these networks, in CIDR notation. Where an address is not known, it does not allow, and does deny. */
  readonly network?: readonly string[];
};

/**
 * Says what somebody may do, or may not. What no grant allows is denied, and what one grant denies no other allows.
 *
 * `manage` is about whole Things; on `all` it is the right to manage the gateway. It holds none of the other rights.
 */
export type Grant = {
  readonly who: Grantee;
  readonly on: GrantTarget;
  /** Each once, in the order of {@link rights}. */
  readonly ops: readonly Right[];
  readonly effect: 'allow' | 'deny';
  readonly when?: GrantConditions;
};

/** Who is told apart by a group: their principals' ids. */
export type Group = {
  /** For people to read. */
  readonly name: string;
  /** Ids of principals, each once, sorted. */
  readonly members: readonly string[];
};

/** The group whose members manage the gateway: they may do everything that no grant denies them, and always manage. */
export const admins = 'admins';
/** The group of everybody who asks, known or not. */
export const anybody = 'anybody';
/** The group of all people who have an account. */
export const people = 'people';
/** The groups whose members are not written down. */
export const everPresentGroups: readonly string[] = [anybody, people];
