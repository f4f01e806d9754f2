import { type Access, Problem, type Right, type ThingId } from '@thingtalk/core';

/** What an affordance is called. */
const kinds = { properties: 'property', actions: 'action', events: 'event' } as const;

/** The kinds of affordances, as a Thing Description groups them. */
export type AffordanceKind = keyof typeof kinds;

/** The refusal of what somebody may see, but not do. */
export function notPermitted(
  access: Access,
  right: Right,
  thing: ThingId,
  affordance?: { readonly kind: AffordanceKind; readonly name: string },
): Problem {
  const what =
    affordance === undefined ? thing : `${kinds[affordance.kind]} '${affordance.name}' of ${thing}`;
  return new Problem('forbidden', `${access.principal.name} may not ${right} ${what}`);
}

/** The refusal of an affordance that is not there, or that somebody is not to know of: word for word the same. */
export function noAffordance(thing: ThingId, kind: AffordanceKind, name: string): Problem {
  return new Problem(`${kinds[kind]}-not-found`, `${thing} has no ${kinds[kind]} '${name}'`);
}
