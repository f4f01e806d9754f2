import { type Access, type Principal, Problem, type Right, type ThingId } from '@thingtalk/core';
import type { Identity } from '../authentication/identity.ts';
import { bitOf, scopeRule } from './rule.ts';
import { Table } from './table.ts';
import type { ThingClass } from './thing-classes.ts';
import { meet, rightsIn } from './verdict.ts';

/** The table that holds for somebody now, and how long it does. */
export interface Standing {
  readonly table: Table;
  /** From this moment on, in milliseconds since 1970. */
  readonly since: number;
  /** Before this moment only. */
  readonly until: number;
}

/** What an access follows. */
export interface PolicySource {
  /** Changes whenever any answer may have changed. */
  readonly generation: number;
  /** Counts the changes of what Things are. */
  readonly factsRevision: number;
  now(): number;
  classOf(thing: ThingId): ThingClass;
  standingOf(identity: Identity, address: string): Standing;
  /** Lets an access be woken when something changes, or by the time that is named. */
  wake(access: PolicyAccess, by: number): void;
  /** Takes {@link wake} back. */
  leave(access: PolicyAccess): void;
}

/** What one identity may do by the policy, as long as its credentials are good. */
export class PolicyAccess implements Access {
  readonly principal: Principal;
  readonly isUnlimited = false;
  readonly #source: PolicySource;
  readonly #identity: Identity;
  readonly #address: string;
  readonly #owns: ReadonlySet<ThingId>;
  readonly #scope: Table | undefined;
  readonly #expires: number;
  readonly #listeners = new Set<() => void>();
  readonly #endings = new Set<(why: Problem) => void>();
  #standing: Standing;
  #generation: number;
  #facts: number;
  #revision = 1;
  /** The revision that those who listen were told of. */
  #told = 1;
  #end: Problem | undefined;

  constructor(source: PolicySource, identity: Identity, address: string) {
    const { principal, owns = [], expires = Number.POSITIVE_INFINITY, scopes } = identity;
    this.principal = principal;
    this.#owns = new Set(owns);
    this.#source = source;
    this.#identity = identity;
    this.#address = address;
    this.#expires = expires;
    this.#scope = scopes && new Table(scopes.map(scopeRule));
    this.#generation = source.generation;
    this.#facts = source.factsRevision;
    this.#standing = source.standingOf(identity, address);
  }

  get revision(): number {
    this.#followPolicy();
    return this.#revision;
  }

  get manages(): boolean {
    return this.mayEverywhere('manage');
  }

  /** Whether it is over: expired, revoked, logged out. Nothing is allowed then. */
  get isOver(): boolean {
    if (this.#end !== undefined) return true;
    return this.#expires !== Number.POSITIVE_INFINITY && this.#source.now() >= this.#expires;
  }

  may(right: Right, thing: ThingId, affordance?: string): boolean {
    if (!this.#isGood()) return false;
    const bit = bitOf[right];
    const itsClass = this.#source.classOf(thing);
    const granted = rightsIn(this.#standing.table.of(thing, itsClass), affordance);
    if ((granted & bit) === 0) return false;
    return (
      this.#scope === undefined ||
      (rightsIn(this.#scope.of(thing, itsClass), affordance) & bit) !== 0
    );
  }

  mayEverywhere(right: Right): boolean {
    if (!this.#isGood()) return false;
    const within = this.#scope?.everywhere ?? bitOf[right];
    return (this.#standing.table.everywhere & within & bitOf[right]) !== 0;
  }

  owns(thing: ThingId): boolean {
    return !this.isOver && this.#owns.has(thing);
  }

  sees(thing: ThingId): boolean {
    if (!this.#isGood()) return false;
    const itsClass = this.#source.classOf(thing);
    const granted = this.#standing.table.of(thing, itsClass);
    if (this.#scope === undefined || !granted.sees) return granted.sees;
    return meet(granted, this.#scope.of(thing, itsClass)).sees;
  }

  onChange(listener: () => void): () => void {
    if (this.isOver) return () => {};
    if (this.#listeners.size === 0) this.#told = this.revision;
    this.#listeners.add(listener);
    this.#beWoken();
    return () => this.#forget(this.#listeners, listener);
  }

  onEnd(listener: (why: Problem) => void): () => void {
    if (this.isOver) {
      listener(this.#end ?? expired());
      return () => {};
    }
    this.#endings.add(listener);
    this.#beWoken();
    return () => this.#forget(this.#endings, listener);
  }

  /** Ends it. */
  end(why: Problem): void {
    if (this.#end !== undefined) return;
    this.#end = why;
    this.#revision++;
    const endings = [...this.#endings];
    this.#endings.clear();
    this.#listeners.clear();
    this.#source.leave(this);
    for (const listener of endings) listener(why);
  }

  /** Looks what has changed since it looked last, and tells those who listen. */
  follow(): void {
    if (this.isOver) this.end(expired());
    this.#followPolicy();
    if (this.#listeners.size + this.#endings.size > 0) this.#beWoken();
    if (this.#revision === this.#told) return;
    this.#told = this.#revision;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Whether anything may be allowed at all, by the policy as it is now. */
  #isGood(): boolean {
    if (this.isOver) return false;
    this.#followPolicy();
    return true;
  }

  #followPolicy(): void {
    const { generation } = this.#source;
    if (generation === this.#generation && this.#isTimely()) return;
    const { table } = this.#standing;
    this.#generation = generation;
    this.#standing = this.#source.standingOf(this.#identity, this.#address);
    const { factsRevision } = this.#source;
    const usesFacts = this.#standing.table.usesFacts && factsRevision !== this.#facts;
    this.#facts = factsRevision;
    if (this.#standing.table.key !== table.key || usesFacts) this.#revision++;
  }

  #isTimely(): boolean {
    const { since, until } = this.#standing;
    if (until === Number.POSITIVE_INFINITY) return true;
    const now = this.#source.now();
    return now >= since && now < until;
  }

  #beWoken(): void {
    this.#source.wake(this, Math.min(this.#expires, this.#standing.until));
  }

  #forget<T>(listeners: Set<T>, listener: T): void {
    listeners.delete(listener);
    if (this.#listeners.size + this.#endings.size === 0) this.#source.leave(this);
  }
}

function expired(): Problem {
  return new Problem('unauthenticated', 'the credentials have expired');
}
