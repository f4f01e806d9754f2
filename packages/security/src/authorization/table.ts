import type { ThingId } from '@thingtalk/core';
import type { KnownThing, KnownThings, ThingClass } from './known-things.ts';
import { adminRule, allRights, bitOf, type Rights, type Rule } from './rule.ts';
import { rightsIn, type Verdict, verdict } from './verdict.ts';

/** A number from here on holds rights itself: on a Thing of which no affordance is spoken of by name, as of most. */
const alike = 0x8000;

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
  /** By the place of a Thing what is decided of it: the rights on all of it, or the number of a verdict, from 1; 0 for nothing yet. */
  #numbers = new Uint16Array();
  readonly #verdicts: Verdict[] = [];
  readonly #ofClass = new Map<ThingClass, Verdict>();

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

  /** What may be done to an affordance of a Thing; without a name, to all of it. */
  rightsOn(thing: ThingId, affordance: string | undefined): Rights {
    const known = this.#things.of(thing);
    if (this.#things.revision !== this.#revision) this.#startAnew();
    const number = this.#numbers[known.place] ?? 0;
    if (number >= alike) return number & allRights;
    return rightsIn(this.#verdicts[number - 1] ?? this.#learn(thing, known), affordance);
  }

  /** What may be done to a Thing. */
  of(thing: ThingId): Verdict {
    const known = this.#things.of(thing);
    if (this.#things.revision !== this.#revision) this.#startAnew();
    const number = this.#numbers[known.place] ?? 0;
    if (number >= alike) return verdict(number & allRights, number & allRights, undefined);
    return this.#verdicts[number - 1] ?? this.#learn(thing, known);
  }

  #startAnew(): void {
    this.#revision = this.#things.revision;
    this.#numbers.fill(0);
    this.#verdicts.length = 0;
    this.#ofClass.clear();
  }

  #learn(thing: ThingId, known: KnownThing): Verdict {
    const named = this.#named.get(thing);
    const learnt = named ? this.#decideFor(known.class, named) : this.#ofOthers(known.class);
    // Things that are not there share a place, which stays empty.
    if (known.place > 0) this.#remember(known.place, learnt);
    return learnt;
  }

  #ofOthers(itsClass: ThingClass): Verdict {
    const decided = this.#ofClass.get(itsClass) ?? this.#decideFor(itsClass);
    this.#ofClass.set(itsClass, decided);
    return decided;
  }

  #remember(place: number, learnt: Verdict): void {
    if (this.#verdicts.length === alike - 1) this.#startAnew();
    if (place >= this.#numbers.length) this.#grow();
    const isAlike = learnt.named === undefined;
    this.#numbers[place] = isAlike ? alike | learnt.rest : this.#verdicts.push(learnt);
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
