import { type Access, type Principal, Problem, type Right, type ThingId } from '@thingtalk/core';
import type { Identity } from '../authentication/identity.ts';
import { allRights, bitOf, type Rule, scopeRule } from './rule.ts';
import type { Table } from './table.ts';
import { meet } from './verdict.ts';

/** What an access follows. */
export interface PolicySource {
  /** Changes whenever any answer may have changed, also with time. */
  readonly generation: number;
  /** Counts the changes of what Things are. */
  readonly factsRevision: number;
  now(): number;
  /** The rules that hold for an identity until the next {@link generation}. */
  tableFor(identity: Identity, address: string): Table;
  /** The table of these rules alone. */
  tableOf(rules: readonly Rule[]): Table;
  /** Lets an access be told when something changes. */
  wake(access: PolicyAccess): void;
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
  readonly #listeners = new Set<() => void>();
  readonly #endings = new Set<(why: Problem) => void>();
  #table: Table;
  #generation: number;
  #facts: number;
  #revision = 1;
  /** The revision that those who listen were told of. */
  #told = 1;
  #end: Problem | undefined;

  constructor(source: PolicySource, identity: Identity, address: string) {
    const { principal, owns = [], scopes } = identity;
    this.principal = principal;
    this.#source = source;
    this.#identity = identity;
    this.#address = address;
    this.#owns = new Set(owns);
    this.#scope = scopes && source.tableOf(scopes.map(scopeRule));
    this.#generation = source.generation;
    this.#facts = source.factsRevision;
    this.#table = source.tableFor(identity, address);
    if (this.#isExpired()) this.#end = expired();
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
    this.#followPolicy();
    return this.#end !== undefined;
  }

  may(right: Right, thing: ThingId, affordance?: string): boolean {
    if (this.isOver) return false;
    const bit = bitOf(right);
    if ((this.#table.rightsOn(thing, affordance) & bit) === 0) return false;
    return this.#scope === undefined || (this.#scope.rightsOn(thing, affordance) & bit) !== 0;
  }

  mayEverywhere(right: Right): boolean {
    if (this.isOver) return false;
    const within = this.#scope?.everywhere ?? allRights;
    return (this.#table.everywhere & within & bitOf(right)) !== 0;
  }

  owns(thing: ThingId): boolean {
    return !this.isOver && this.#owns.has(thing);
  }

  sees(thing: ThingId): boolean {
    if (this.isOver) return false;
    const granted = this.#table.of(thing);
    if (this.#scope === undefined || !granted.sees) return granted.sees;
    return meet(granted, this.#scope.of(thing)).sees;
  }

  onChange(listener: () => void): () => void {
    if (this.isOver) return () => {};
    if (this.#listeners.size === 0) this.#told = this.revision;
    this.#listeners.add(listener);
    this.#source.wake(this);
    return () => this.#forget(this.#listeners, listener);
  }

  onEnd(listener: (why: Problem) => void): () => void {
    if (this.isOver) {
      listener(this.#end ?? expired());
      return () => {};
    }
    this.#endings.add(listener);
    this.#source.wake(this);
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
    this.#followPolicy();
    if (this.#revision === this.#told) return;
    this.#told = this.#revision;
    for (const listener of [...this.#listeners]) listener();
  }

  #followPolicy(): void {
    // Whatever changes an answer begins another generation; as long as it is the same, nothing else need be looked at.
    if (this.#source.generation === this.#generation || this.#end !== undefined) return;
    this.#generation = this.#source.generation;
    if (this.#isExpired()) this.end(expired());
    else this.#refresh();
  }

  #refresh(): void {
    const { factsRevision } = this.#source;
    const before = this.#table;
    this.#table = this.#source.tableFor(this.#identity, this.#address);
    const isOther = this.#table.key !== before.key;
    if (isOther || (this.#table.usesFacts && factsRevision !== this.#facts)) this.#revision++;
    this.#facts = factsRevision;
  }

  #isExpired(): boolean {
    return this.#source.now() >= (this.#identity.expires ?? Number.POSITIVE_INFINITY);
  }

  #forget<T>(listeners: Set<T>, listener: T): void {
    listeners.delete(listener);
    if (this.#listeners.size + this.#endings.size === 0) this.#source.leave(this);
  }
}

function expired(): Problem {
  return new Problem('unauthenticated', 'the credentials have expired');
}
