import type { Clock, ThingId, Visit } from '@thingtalk/core';
import type { Identity } from '../authentication/identity.ts';
import type { Revocations } from '../authentication/revocations.ts';
import { Alarm } from './alarm.ts';
import { KnownThings, type ThingClass, type ThingFacts } from './known-things.ts';
import { PolicyAccess, type PolicySource } from './policy-access.ts';
import { holds, ownRule, type Rule } from './rule.ts';
import type { RuleBook } from './rule-book.ts';
import { keyOf, Table } from './table.ts';

/** Most tables that are kept: there are as many as different sets of rules hold. With more they are made anew. */
const maxTables = 2_000;

const never = Number.POSITIVE_INFINITY;

/** What {@link Decisions} are made of. */
export interface DecisionsParts {
  readonly facts: ThingFacts;
  readonly clock: Clock;
  readonly revocations: Revocations;
  readonly book: RuleBook;
}

/** Makes tables of rules, and tells everybody who depends on them when they change: by hand, by what Things are, or with time. */
export class Decisions implements PolicySource, Disposable {
  generation = 0;
  readonly #clock: Clock;
  readonly #revocations: Revocations;
  readonly #things: KnownThings;
  readonly #alarm: Alarm;
  readonly #awake = new Set<PolicyAccess>();
  readonly #tables = new Map<string, Table>();
  readonly #dropped = new FinalizationRegistry<() => void>((stop) => stop());
  #book: RuleBook;

  constructor({ facts, clock, revocations, book }: DecisionsParts) {
    this.#clock = clock;
    this.#revocations = revocations;
    this.#book = book;
    this.#things = new KnownThings(facts, () => this.#changed());
    this.#alarm = new Alarm(clock, () => this.#changed());
  }

  get factsRevision(): number {
    return this.#things.revision;
  }

  /** The rules that are followed. */
  get book(): RuleBook {
    return this.#book;
  }

  /** Follows other rules from now on. */
  follow(book: RuleBook): void {
    this.#book = book;
    this.#tables.clear();
    this.#changed();
  }

  now(): number {
    return this.#clock.now();
  }

  /** What is known of a Thing. */
  classOf(thing: ThingId): ThingClass {
    return this.#things.classOf(thing);
  }

  /** What an identity may do until it expires or is revoked. */
  accessOf(identity: Identity, { address }: Pick<Visit, 'address'>): PolicyAccess {
    const access = new PolicyAccess(this, identity, address);
    // An access that nobody holds any more must be able to go, and a revocation must reach each that somebody holds.
    const held = new WeakRef(access);
    const stops = [identity.credential, identity.principal.id].map((id) =>
      this.#revocations.watch(id, (why) => held.deref()?.end(why)),
    );
    this.#dropped.register(access, () => {
      for (const stop of stops) stop();
    });
    return access;
  }

  tableFor({ principal, owns = [], expires = never }: Identity, address: string): Table {
    const rules = [...this.#book.rulesOf(principal), ...owns.map(ownRule)];
    const now = this.#clock.now();
    const ends = rules.map(({ schedule }) => schedule?.next(now) ?? never);
    this.#alarm.by(Math.min(...ends, expires > now ? expires : never));
    return this.tableOf(rules.filter((rule) => holds(rule, now, address)));
  }

  tableOf(rules: readonly Rule[]): Table {
    const key = keyOf(rules);
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    if (this.#tables.size >= maxTables) {
      this.#tables.clear();
      // Those that are kept no longer may have named what is not there.
      this.#things.renumber();
    }
    const table = new Table(this.#things, rules, key);
    this.#tables.set(key, table);
    return table;
  }

  wake(access: PolicyAccess): void {
    this.#awake.add(access);
  }

  leave(access: PolicyAccess): void {
    this.#awake.delete(access);
  }

  [Symbol.dispose](): void {
    this.#things[Symbol.dispose]();
    this.#alarm[Symbol.dispose]();
    this.#awake.clear();
  }

  #changed(): void {
    this.generation++;
    for (const access of [...this.#awake]) access.follow();
  }
}
