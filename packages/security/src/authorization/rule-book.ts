import type { Principal } from '@thingtalk/core';
import type { Stored } from '../documents/stored.ts';
import { admins, anybody, type Grant, type Grantee, type Group, people } from './grant.ts';
import { adminRule, type Rule, ruleOf } from './rule.ts';

/** A grant, and the rule it makes. */
export interface Entry {
  readonly grant: Stored<Grant>;
  readonly rule: Rule;
}

/** All grants and groups of one moment, found by whom they are for. */
export class RuleBook {
  readonly #entries: ReadonlyMap<string, readonly Entry[]>;
  readonly #groupsOf: ReadonlyMap<string, readonly string[]>;

  constructor(grants: readonly Stored<Grant>[], groups: readonly Stored<Group>[]) {
    const entries = grants.map((grant) => ({ grant, rule: ruleOf(grant) }));
    this.#entries = Map.groupBy(entries, ({ grant }) => keyOf(grant.value.who));
    const members = groups.flatMap(({ id, value }) =>
      value.members.map((one) => [one, id] as const),
    );
    const byMember = Map.groupBy(members, ([member]) => member);
    this.#groupsOf = new Map([...byMember].map(([one, pairs]) => [one, pairs.map(([, id]) => id)]));
  }

  /** The groups a principal is in, whether that is written down or not. */
  groupsOf({ id, kind }: Principal): readonly string[] {
    if (kind === 'anonymous') return [anybody];
    const written = this.#groupsOf.get(id) ?? [];
    return kind === 'person' ? [anybody, people, ...written] : [anybody, ...written];
  }

  /** What is given to a principal, itself or by its groups. */
  entriesOf(principal: Principal): readonly Entry[] {
    const groups = this.groupsOf(principal).map((group) => keyOf({ group }));
    const keys = [`${principal.kind} ${principal.id}`, ...groups];
    return keys.flatMap((key) => this.#entries.get(key) ?? []);
  }

  /** The rules for a principal. */
  rulesOf(principal: Principal): readonly Rule[] {
    const rules = this.entriesOf(principal).map(({ rule }) => rule);
    return this.isAdmin(principal) ? [adminRule, ...rules] : rules;
  }

  isAdmin(principal: Principal): boolean {
    return this.groupsOf(principal).includes(admins);
  }
}

function keyOf(who: Grantee): string {
  const [[kind, id] = []] = Object.entries(who) as readonly (readonly [string, string])[];
  return `${kind} ${id}`;
}
