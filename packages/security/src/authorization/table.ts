import type { ThingId } from '@thingtalk/core';
import { adminRule, allRights, bitOf, type Rights, type Rule } from './rule.ts';
import type { ThingClass } from './thing-classes.ts';
import { type Verdict, verdict } from './verdict.ts';

interface Decided {
  readonly by: ThingClass;
  readonly verdict: Verdict;
}

/**
 * What some rules say of every Thing, decided once and looked up from then on: for Things that rules name, by the Thing;
 * for all others, by their class.
 */
export class Table {
  /** Tells it from tables of other rules. */
  readonly key: string;
  /** Whether what Things are makes a difference. */
  readonly usesFacts: boolean;
  /** What may be done to every Thing there is or will be, with nothing denied anywhere. */
  readonly everywhere: Rights;
  readonly #isAdmin: boolean;
  readonly #general: readonly Rule[];
  readonly #named: ReadonlyMap<ThingId, readonly Rule[]>;
  readonly #ofClass = new WeakMap<ThingClass, Verdict>();
  readonly #ofThing = new Map<ThingId, Decided>();

  /** @param rules those that hold. */
  constructor(rules: readonly Rule[], key = keyOf(rules)) {
    this.key = key;
    this.#isAdmin = rules.includes(adminRule);
    this.#general = rules.filter(({ on }) => on === 'all' || !('thing' in on));
    this.#named = Map.groupBy(
      rules.filter(({ on }) => on !== 'all' && 'thing' in on),
      ({ on }) => (on as { readonly thing: ThingId }).thing,
    );
    this.usesFacts = this.#general.some(({ on }) => on !== 'all');
    const onAll = rules.filter(({ on, denies }) => denies || on === 'all');
    this.everywhere = this.#withAdmin(granted(onAll));
  }

  /** What may be done to a Thing of this class. */
  of(thing: ThingId, itsClass: ThingClass): Verdict {
    return this.#named.has(thing) ? this.#ofNamed(thing, itsClass) : this.#ofOthers(itsClass);
  }

  #ofOthers(itsClass: ThingClass): Verdict {
    const known = this.#ofClass.get(itsClass);
    if (known !== undefined) return known;
    const decided = this.#decide(this.#general.filter((rule) => isAbout(rule, itsClass)));
    this.#ofClass.set(itsClass, decided);
    return decided;
  }

  #ofNamed(thing: ThingId, itsClass: ThingClass): Verdict {
    const known = this.#ofThing.get(thing);
    if (known?.by === itsClass) return known.verdict;
    const general = this.#general.filter((rule) => isAbout(rule, itsClass));
    const decided = this.#decide([...general, ...(this.#named.get(thing) ?? [])]);
    this.#ofThing.set(thing, { by: itsClass, verdict: decided });
    return decided;
  }

  #decide(rules: readonly Rule[]): Verdict {
    const within = rules.filter((rule) => affordanceOf(rule) !== undefined);
    const about = rules.filter((rule) => affordanceOf(rule) === undefined);
    const rest = granted(about);
    const denied = deniedBy(within);
    const named = Map.groupBy(within, (rule) => affordanceOf(rule) ?? '');
    const rights = [...named].map(
      ([name, some]) => [name, this.#withAdmin(granted([...about, ...some]))] as const,
    );
    return verdict(
      this.#withAdmin(rest & ~denied),
      this.#withAdmin(rest),
      rights.length === 0 ? undefined : new Map(rights),
    );
  }

  /** Whoever manages the gateway manages every Thing: no grant locks the last one out. */
  #withAdmin(rights: Rights): Rights {
    return this.#isAdmin ? rights | bitOf.manage : rights;
  }
}

/** Tells a set of rules from every other. */
export function keyOf(rules: readonly Rule[]): string {
  return rules.map(({ key }) => key).join('\n');
}

function affordanceOf({ on }: Rule): string | undefined {
  return on !== 'all' && 'thing' in on ? on.affordance : undefined;
}

function granted(rules: readonly Rule[]): Rights {
  const allowed = rules.filter(({ denies }) => !denies);
  return allowed.reduce((set, { rights }) => set | rights, 0) & ~deniedBy(rules);
}

function deniedBy(rules: readonly Rule[]): Rights {
  return allRights & rules.reduce((set, { rights, denies }) => (denies ? set | rights : set), 0);
}

/** Whether a rule that names no Thing speaks of Things of a class. */
export function isAbout({ on }: Rule, { tags, types }: ThingClass): boolean {
  if (on === 'all') return true;
  if ('tag' in on) return tags.includes(on.tag);
  return 'type' in on && types.includes(on.type);
}
