import type { ThingId } from '@thingtalk/core';
import { absent, type KnownThings, type ThingClass } from './known-things.ts';
import { adminRule, allRights, bitOf, type Rights, type Rule } from './rule.ts';
import { rightsIn, type Verdict, verdict } from './verdict.ts';

/** Stands beside rights, to tell none from not yet decided: no right has this bit. */
const decided = 1 << 30;

/** Most classes of Things whose rights a table keeps. Things of others are decided on each time. */
const maxClasses = 4_096;

/**
 * What some rules say of every Thing, decided once for each class of Things and for each Thing that they name, and looked up from
 * then on.
 *
 * Among a thousand tables, a decision takes as long as fetching what it reads from far memory. So all lies in one row, short
 * enough for a few lines of the cache: first a hash table of the places of the Things that are named, then the rights on all
 * others by the number of their class.
 */
export class Table {
  readonly #things: KnownThings;
  /** The numbering of the Things for which all below is. */
  #numbering = -1;
  /** How many slots the hash table has: a power of two, at most a quarter of them taken, so that the first one mostly tells. */
  readonly #slots: number;
  #row = new Int32Array();
  /** What is decided of the Things that are named, by their slots. */
  readonly #verdicts: (Verdict | undefined)[];
  /** The revision of the Things for which the verdicts are. */
  #revision = -1;
  /** Tells it from tables of other rules. */
  readonly key: string;
  /** Whether what Things are makes a difference. */
  readonly usesFacts: boolean;
  /** What may be done to every Thing there is or will be, with nothing denied anywhere. */
  readonly everywhere: Rights;
  readonly #isAdmin: boolean;
  readonly #general: readonly Rule[];
  readonly #named: ReadonlyMap<ThingId, readonly Rule[]>;

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
    this.#slots = 2 ** Math.ceil(Math.log2(4 * this.#named.size + 1));
    this.#verdicts = new Array(this.#slots);
    this.usesFacts = this.#general.some(({ on }) => on !== 'all');
    const onAll = rules.filter(({ on, denies }) => denies || on === 'all');
    this.everywhere = this.#withAdmin(granted(onAll));
  }

  /** What may be done to an affordance of a Thing; without a name, to all of it. */
  rightsOn(thing: ThingId, affordance: string | undefined): Rights {
    const place = this.#placeOf(thing);
    const slot = this.#slotOf(place);
    if (this.#row[slot]) return rightsIn(this.#verdictAt(slot, thing), affordance);
    return this.#rightsByClass(place, thing);
  }

  /** What may be done to a Thing. */
  of(thing: ThingId): Verdict {
    const place = this.#placeOf(thing);
    const slot = this.#slotOf(place);
    if (this.#row[slot]) return this.#verdictAt(slot, thing);
    const rights = this.#rightsByClass(place, thing);
    return verdict(rights, rights, undefined);
  }

  #placeOf(thing: ThingId): number {
    if (this.#things.numbering !== this.#numbering) this.#startAnew();
    return this.#things.placeOf(thing);
  }

  /** The slot that holds a place, or, when it is of no Thing that is named, an empty one. */
  #slotOf(place: number): number {
    const last = this.#slots - 1;
    // Places of Things that are granted together often lie in even steps. A product scatters them (Knuth, TAOCP 6.4).
    let slot = (Math.imul(place, 0x9e3779b1) >>> 15) & last;
    for (let held = this.#row[slot]; held && held !== place; held = this.#row[slot])
      slot = (slot + 1) & last;
    return slot;
  }

  #startAnew(): void {
    this.#numbering = this.#things.numbering;
    this.#verdicts.fill(undefined);
    this.#row = this.#newRow();
    for (const thing of this.#named.keys()) {
      // Also one that is not there: when it comes, what names it holds at once.
      const place = this.#things.placeFor(thing);
      this.#row[this.#slotOf(place)] = place;
    }
  }

  #newRow(): Int32Array<ArrayBuffer> {
    return new Int32Array(
      this.#slots + Math.min(Math.ceil(this.#things.classes * 1.25), maxClasses),
    );
  }

  #verdictAt(slot: number, thing: ThingId): Verdict {
    if (this.#things.revision !== this.#revision) {
      this.#revision = this.#things.revision;
      this.#verdicts.fill(undefined);
    }
    return this.#verdicts[slot] ?? this.#learnNamed(slot, thing);
  }

  #learnNamed(slot: number, thing: ThingId): Verdict {
    const learnt = this.#decide([...this.#rulesAbout(thing), ...(this.#named.get(thing) ?? [])]);
    const place = this.#row[slot] ?? 0;
    if (this.#things.classAt(place) !== absent) this.#verdicts[slot] = learnt;
    return learnt;
  }

  #rightsByClass(place: number, thing: ThingId): Rights {
    const itsClass = this.#things.classAt(place);
    const known = this.#row[this.#slots + itsClass];
    return known ? known & allRights : this.#learnClass(itsClass, thing);
  }

  #learnClass(itsClass: number, thing: ThingId): Rights {
    const rights = this.#withAdmin(granted(this.#rulesAbout(thing)));
    if (itsClass === absent || itsClass >= maxClasses) return rights;
    if (this.#slots + itsClass >= this.#row.length) {
      const before = this.#row;
      this.#row = this.#newRow();
      this.#row.set(before);
    }
    this.#row[this.#slots + itsClass] = decided | rights;
    return rights;
  }

  /** The rules that name no Thing and speak of this one. */
  #rulesAbout(thing: ThingId): readonly Rule[] {
    const itsClass = this.#things.classOf(thing);
    return this.#general.filter((rule) => isAbout(rule, itsClass));
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
    return this.#isAdmin ? rights | bitOf('manage') : rights;
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
