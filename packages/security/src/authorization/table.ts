import type { ThingId } from '@thingtalk/core';
import type { KnownThings, ThingClass } from './known-things.ts';
import { adminRule, allRights, bitOf, type Rights, type Rule } from './rule.ts';
import { type Verdict, verdict } from './verdict.ts';

/** Most verdicts that a table holds: their numbers have 16 bits, and 0 stands for none. */
const maxVerdicts = 65_535;

/**
 * What some rules say of every Thing, decided once and looked up from then on by the place of the Thing: two bytes for each.
 * Things of one class that no rule names share a verdict.
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
  readonly #things: KnownThings;
  /** The revision of the Things for which all below is. */
  #revision = -1;
  /** By the place of a Thing the number of its verdict, from 1; 0 where it is not decided yet. */
  #numbers = new Uint16Array();
  readonly #verdicts: Verdict[] = [];
  /** By a class the number of the verdict on Things that no rule names. */
  readonly #ofClass = new Map<ThingClass, number>();

  /** @param rules those that hold. */
  constructor(things: KnownThings, rules: readonly Rule[], key = keyOf(rules)) {
    this.#things = things;
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

  /** What may be done to a Thing. */
  of(thing: ThingId): Verdict {
    const { place, class: itsClass } = this.#things.of(thing);
    if (this.#things.revision !== this.#revision) this.#startAnew();
    const number = this.#numbers[place] ?? 0;
    return number === 0
      ? this.#learn(thing, place, itsClass)
      : (this.#verdicts[number - 1] as Verdict);
  }

  #startAnew(): void {
    this.#revision = this.#things.revision;
    this.#numbers.fill(0);
    this.#verdicts.length = 0;
    this.#ofClass.clear();
  }

  #learn(thing: ThingId, place: number, itsClass: ThingClass): Verdict {
    const named = this.#named.get(thing);
    // A Thing that is not there has no place of its own.
    if (named !== undefined && place === 0) return this.#decideFor(itsClass, named);
    if (this.#verdicts.length === maxVerdicts) this.#startAnew();
    const number = named
      ? this.#verdicts.push(this.#decideFor(itsClass, named))
      : this.#numberOf(itsClass);
    if (place >= this.#numbers.length) this.#grow();
    if (place > 0) this.#numbers[place] = number;
    return this.#verdicts[number - 1] as Verdict;
  }

  #numberOf(itsClass: ThingClass): number {
    const known = this.#ofClass.get(itsClass);
    if (known !== undefined) return known;
    const number = this.#verdicts.push(this.#decideFor(itsClass));
    this.#ofClass.set(itsClass, number);
    return number;
  }

  #grow(): void {
    const before = this.#numbers;
    this.#numbers = new Uint16Array(Math.ceil(this.#things.places * 1.25));
    this.#numbers.set(before);
  }

  #decideFor(itsClass: ThingClass, named: readonly Rule[] = []): Verdict {
    return this.#decide([...this.#general.filter((rule) => isAbout(rule, itsClass)), ...named]);
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
