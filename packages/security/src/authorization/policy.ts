import {
  type Audit,
  type Clock,
  type JsonValue,
  type Logger,
  noAudit,
  Problem,
  type Store,
  silentLogger,
  systemClock,
  type Visit,
} from '@thingtalk/core';
import type { Identity } from '../authentication/identity.ts';
import type { Revocations } from '../authentication/revocations.ts';
import { HeldDocuments } from '../documents/held-documents.ts';
import { Decisions } from './decisions.ts';
import { type Explanation, explain, type PolicyQuestion } from './explain.ts';
import type { Grant, Group } from './grant.ts';
import { Grants } from './grants.ts';
import { readGroup } from './group.ts';
import { Groups } from './groups.ts';
import type { ThingFacts } from './known-things.ts';
import { idsAsNames, type Names } from './names.ts';
import type { PolicyAccess } from './policy-access.ts';
import type { PolicyChange } from './policy-change.ts';
import { readGrant } from './read-grant.ts';
import { RuleBook } from './rule-book.ts';

/** What a {@link Policy} is made of. */
export interface PolicyParts {
  /** Holds the collections `grants` and `groups`. */
  readonly store: Store;
  readonly facts: ThingFacts;
  readonly revocations: Revocations;
  readonly clock?: Clock;
  /** Where changes of the policy are written down. Default: nowhere. */
  readonly audit?: Audit;
  /** For what people are to read. Default: everything is called by its id. */
  readonly names?: Names;
  readonly log?: Logger;
}

/** Where the policy of one moment is read from. */
interface Held extends Disposable {
  readonly grants: HeldDocuments<Grant>;
  readonly groups: HeldDocuments<Group>;
}

const unknownPlace = { address: '' };

/**
 * Who may do what: grants and groups, kept in a store and made into tables, so that a decision is a look-up.
 *
 * What no grant allows is denied; what one grant denies no other allows. Members of `admins` may do everything that is not denied,
 * and always manage. A device may read, observe and subscribe its own Thing, and not command it.
 */
export class Policy implements Disposable {
  readonly grants: Grants;
  readonly groups: Groups;
  readonly #names: Names;
  readonly #held: Held;
  readonly #decisions: Decisions;

  private constructor(parts: PolicyParts, held: Held) {
    const { facts, revocations, clock = systemClock, audit = noAudit, names = idsAsNames } = parts;
    this.#names = names;
    this.#held = held;
    this.groups = new Groups({ held: held.groups, grants: held.grants, audit });
    this.grants = new Grants({ held: held.grants, groups: this.groups, names, audit });
    this.#decisions = new Decisions({ facts, revocations, clock, book: this.#readBook() });
  }

  /**
   * Reads the policy.
   *
   * @throws {@link Problem} `data-schema-mismatch` when a grant or group in the store cannot be read: a policy that is not
   * understood is not followed in part.
   */
  static async open(parts: PolicyParts): Promise<Policy> {
    const { store, log = silentLogger } = parts;
    const failed = (error: unknown) =>
      log.error({ err: error }, 'a change of the policy cannot be read; the one before holds');
    using opened = new DisposableStack();
    const open = async <T extends object>(collection: string, read: (value: JsonValue) => T) =>
      opened.use(await HeldDocuments.open(store, collection, { read, failed }));
    const grants = await open('grants', readGrant);
    const groups = await open('groups', readGroup);
    const held = opened.move();
    const policy = new Policy(parts, { grants, groups, [Symbol.dispose]: () => held.dispose() });
    for (const each of [grants, groups]) each.onChange(() => policy.#follow());
    return policy;
  }

  /**
   * What somebody may do, until their credentials expire or are revoked.
   *
   * @param visit how they came; without one, what is allowed from some networks only is not allowed.
   */
  accessOf(identity: Identity, visit: Pick<Visit, 'address'> = unknownPlace): PolicyAccess {
    return this.#decisions.accessOf(identity, visit);
  }

  /**
   * Why a decision is as it is, and what would be needed where it is a refusal.
   *
   * @throws {@link Problem} `not-found` when nobody has the id.
   */
  explain(question: PolicyQuestion): Explanation {
    const { who, right, thing, affordance, address = '' } = question;
    const principal = this.#names.principal(who);
    if (principal === undefined) throw new Problem('not-found', `nobody has the id '${who}'`);
    const { book } = this.#decisions;
    const identity = { principal, credential: principal.id, owns: this.#names.owns?.(who) ?? [] };
    const access = this.accessOf(identity, { address });
    return explain(question, {
      principal,
      isAllowed: access.may(right, thing, affordance),
      isAdmin: book.isAdmin(principal),
      entries: book.entriesOf(principal),
      itsClass: this.#decisions.classOf(thing),
      now: this.#decisions.now(),
      describe: ({ grant }) => this.grants.describe(grant.value),
    });
  }

  /**
   * Takes back all that was given to a principal that is no more.
   *
   * @throws {@link Problem} `conflict` for the last of `admins`; nothing is changed then.
   */
  async forget(principal: string, by: PolicyChange): Promise<void> {
    await this.groups.forget(principal, by);
    await this.grants.forget(principal, by);
  }

  [Symbol.dispose](): void {
    this.#held[Symbol.dispose]();
    this.#decisions[Symbol.dispose]();
  }

  #readBook(): RuleBook {
    return new RuleBook(this.#held.grants.list(), this.#held.groups.list());
  }

  #follow(): void {
    this.#decisions.follow(this.#readBook());
  }
}
