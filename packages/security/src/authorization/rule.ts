import type { Right, ThingId } from '@thingtalk/core';
import type { Scope } from '../authentication/identity.ts';
import type { Stored } from '../documents/stored.ts';
import { admins, type Grant, type GrantTarget, rights } from './grant.ts';
import { Networks } from './networks.ts';
import { Schedule } from './schedule.ts';

/** A set of rights: one bit for each. */
export type Rights = number;

/**
 * The bit of a right: that of its initial, since no two begin alike. It is computed because it is asked for at each decision, and a
 * look-up by one of several names takes as long as half the decision.
 */
export function bitOf(right: Right): Rights {
  return 1 << (right.charCodeAt(0) & 31);
}

/** All rights. */
export const allRights: Rights = rightsOf(rights);

/** The set of the rights named. */
export function rightsOf(named: readonly Right[]): Rights {
  return named.reduce((set, right) => set | bitOf(right), 0);
}

/** A grant, made ready to be asked. */
export interface Rule {
  /** Tells it from every other, and from earlier versions of itself. */
  readonly key: string;
  readonly on: GrantTarget;
  readonly rights: Rights;
  readonly denies: boolean;
  /** Default: always. */
  readonly schedule?: Schedule;
  /** Default: from everywhere. */
  readonly networks?: Networks;
}

/** Makes a grant ready. */
export function ruleOf({ id, version, value }: Stored<Grant>): Rule {
  const { on, ops, effect, when } = value;
  const { network, ...times } = when ?? {};
  return {
    key: `${id}@${version}`,
    on,
    rights: rightsOf(ops),
    denies: effect === 'deny',
    ...(Object.keys(times).length > 0 && { schedule: new Schedule(times) }),
    ...(network && { networks: new Networks(network) }),
  };
}

/** What members of {@link admins} may do. */
export const adminRule: Rule = { key: admins, on: 'all', rights: allRights, denies: false };

const ownRights = rightsOf(['read', 'observe', 'subscribe']);

/**
 * What a device may do to its own Thing at the doors of the application: take in what it said itself. It does not command
 * itself. What it may say on the bus is not a matter of grants.
 */
export function ownRule(thing: ThingId): Rule {
  return { key: `own ${thing}`, on: { thing }, rights: ownRights, denies: false };
}

/** What a credential is narrowed to. */
export function scopeRule(scope: Scope): Rule {
  const on = scope.on ?? 'all';
  const set = rightsOf(scope.rights);
  return { key: `scope ${set} ${JSON.stringify(on)}`, on, rights: set, denies: false };
}

/** Whether a rule holds at a time, for who comes from an address. */
export function holds(rule: Rule, time: number, address: string): boolean {
  return (rule.schedule?.isOpen(time) ?? true) && reaches(rule, address);
}

function reaches({ networks, denies }: Rule, address: string): boolean {
  if (networks === undefined) return true;
  // An address that is not known is in no network that is allowed, and in each that is denied.
  return networks.has(address) ?? denies;
}
