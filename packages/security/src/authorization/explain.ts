import type { Principal, Right, ThingId } from '@thingtalk/core';
import { admins } from './grant.ts';
import type { ThingClass } from './known-things.ts';
import { bitOf, holds, type Rule } from './rule.ts';
import type { Entry } from './rule-book.ts';
import { isAbout } from './table.ts';

/** What is asked about. */
export interface PolicyQuestion {
  /** Id of a principal, or `anonymous`. */
  readonly who: string;
  readonly right: Right;
  readonly thing: ThingId;
  /** Default: all of the Thing. */
  readonly affordance?: string;
  /** Where they come from. Default: not known. */
  readonly address?: string;
}

/** A grant that speaks of what was asked about. */
export interface GrantInQuestion {
  readonly id: string;
  readonly effect: 'allow' | 'deny';
  /** It in words. */
  readonly says: string;
  /** Whether it holds now, for who comes from there. */
  readonly holds: boolean;
}

/** Why a decision is as it is. */
export interface Explanation {
  readonly allowed: boolean;
  /** In one sentence. */
  readonly because: string;
  /** Grants to the principal and its groups that speak of the right and the Thing. */
  readonly grants: readonly GrantInQuestion[];
  /** What would make it allowed; missing where it is. */
  readonly needed?: string;
}

/** What an explanation is made from. */
export interface Evidence {
  readonly principal: Principal;
  readonly isAllowed: boolean;
  readonly isAdmin: boolean;
  readonly entries: readonly Entry[];
  readonly itsClass: ThingClass;
  readonly now: number;
  /** A grant in words. */
  readonly describe: (entry: Entry) => string;
}

/** Explains a decision by the grants that made it. */
export function explain(question: PolicyQuestion, evidence: Evidence): Explanation {
  const { entries, itsClass, now, describe, isAllowed } = evidence;
  const grants = entries
    .filter(({ rule }) => speaksOf(rule, question, itsClass))
    .map((entry) => ({
      id: entry.grant.id,
      effect: entry.grant.value.effect,
      says: describe(entry),
      holds: holds(entry.rule, now, question.address ?? ''),
    }));
  const { because, needed } = isAllowed
    ? whyAllowed(grants, evidence)
    : whyDenied(grants, question);
  return { allowed: isAllowed, because, grants, ...(needed !== undefined && { needed }) };
}

interface Reason {
  readonly because: string;
  readonly needed?: string;
}

function whyAllowed(grants: readonly GrantInQuestion[], { isAdmin, principal }: Evidence): Reason {
  const allowing = grants.find((grant) => grant.holds && grant.effect === 'allow');
  if (allowing !== undefined) return { because: `${allowing.says} (${allowing.id})` };
  const membership = `${principal.name} is in the group '${admins}'`;
  return { because: isAdmin ? membership : `it is the own Thing of ${principal.name}` };
}

function whyDenied(
  grants: readonly GrantInQuestion[],
  { right, affordance }: PolicyQuestion,
): Reason {
  const denying = grants.filter((grant) => grant.holds && grant.effect === 'deny');
  if (denying.length > 0) {
    const needed = `that ${denying.map(({ id }) => id).join(', ')} be taken back or changed`;
    return { because: denying.map(({ says, id }) => `${says} (${id})`).join('; '), needed };
  }
  const waiting = grants.filter((grant) => !grant.holds && grant.effect === 'allow');
  if (waiting.length > 0) {
    const because = `no grant holds now and from there: ${waiting.map(({ says }) => says).join('; ')}`;
    return { because, needed: 'another time or network, or another grant' };
  }
  const what = affordance === undefined ? 'all of the Thing' : `'${affordance}' of the Thing`;
  return {
    because: `no grant allows '${right}' on ${what}`,
    needed: `a grant that allows '${right}' on ${what}`,
  };
}

function speaksOf(rule: Rule, question: PolicyQuestion, itsClass: ThingClass): boolean {
  if ((rule.rights & bitOf(question.right)) === 0) return false;
  if (rule.on === 'all' || !('thing' in rule.on)) return isAbout(rule, itsClass);
  const { thing, affordance } = rule.on;
  if (thing !== question.thing) return false;
  // What is denied to a part is denied to the whole; what is allowed of a part is not allowed of the whole.
  return (
    affordance === undefined ||
    affordance === question.affordance ||
    (question.affordance === undefined && rule.denies)
  );
}
