import type { Rights } from './rule.ts';

/** What may be done to one Thing. */
export interface Verdict {
  /** To all of it, with nothing denied inside. */
  readonly whole: Rights;
  /** To an affordance that is not among `named`. */
  readonly rest: Rights;
  /** To affordances that are spoken of by name. */
  readonly named: ReadonlyMap<string, Rights> | undefined;
  /** Whether anything may be done to any of it. */
  readonly sees: boolean;
}

/** Makes a verdict. */
export function verdict(
  whole: Rights,
  rest: Rights,
  named: ReadonlyMap<string, Rights> | undefined,
): Verdict {
  const sees = (whole | rest) !== 0 || [...(named?.values() ?? [])].some((some) => some !== 0);
  return { whole, rest, named, sees };
}

/** What may be done to an affordance of the Thing; without a name, to all of it. */
export function rightsIn(verdict: Verdict, affordance: string | undefined): Rights {
  if (affordance === undefined) return verdict.whole;
  return verdict.named?.get(affordance) ?? verdict.rest;
}

/** What both verdicts allow. */
export function meet(a: Verdict, b: Verdict): Verdict {
  const names = new Set([...(a.named?.keys() ?? []), ...(b.named?.keys() ?? [])]);
  const named = new Map([...names].map((name) => [name, rightsIn(a, name) & rightsIn(b, name)]));
  return verdict(a.whole & b.whole, a.rest & b.rest, named);
}
