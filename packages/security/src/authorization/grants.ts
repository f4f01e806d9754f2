import { type Audit, type JsonValue, Problem } from '@thingtalk/core';
import type { HeldDocuments } from '../documents/held-documents.ts';
import type { Stored } from '../documents/stored.ts';
import { describeGrant } from './describe-grant.ts';
import { type Grant, granteeKinds } from './grant.ts';
import type { Groups } from './groups.ts';
import type { Names } from './names.ts';
import { missing, type PolicyChange, recordChange } from './policy-change.ts';
import { readGrant } from './read-grant.ts';

/** What {@link Grants} are made of. */
export interface GrantsParts {
  readonly held: HeldDocuments<Grant>;
  readonly groups: Groups;
  readonly names: Names;
  readonly audit: Audit;
}

/** The grants there are. */
export class Grants {
  readonly #with: GrantsParts;

  constructor(parts: GrantsParts) {
    this.#with = parts;
  }

  /** All of them, in the order of their ids. */
  list(): readonly Stored<Grant>[] {
    return this.#with.held.list();
  }

  /** @throws {@link Problem} `not-found`. */
  get(id: string): Stored<Grant> {
    return this.#with.held.stored(id) ?? missing('grant', id);
  }

  /**
   * Gives a grant, under a new id.
   *
   * @throws {@link Problem} `data-schema-mismatch` with `validationErrors`; `unprocessable` for a group that is not there.
   */
  async add(document: JsonValue | undefined, by: PolicyChange): Promise<Stored<Grant>> {
    return this.#write(`grant_${crypto.randomUUID()}`, document, { ...by, ifVersion: 0 });
  }

  /**
   * Changes a grant.
   *
   * @throws {@link Problem} `not-found`, `precondition-failed`, and what {@link add} throws.
   */
  async put(id: string, document: JsonValue | undefined, by: PolicyChange): Promise<Stored<Grant>> {
    const { version } = this.get(id);
    return this.#write(id, document, { ifVersion: version, ...by });
  }

  /**
   * Takes a grant back.
   *
   * @throws {@link Problem} `not-found`, `precondition-failed`.
   */
  async delete(id: string, by: PolicyChange): Promise<void> {
    const why = this.describe(this.get(id).value);
    await this.#with.held.delete(id, by);
    recordChange(this.#with.audit, { what: 'grant.delete', on: id, why }, by);
  }

  /** Takes back all that was given to a principal itself. */
  async forget(principal: string, by: PolicyChange): Promise<void> {
    for (const { id, value } of this.list()) {
      if (isFor(value, principal)) await this.delete(id, by);
    }
  }

  /** A grant in words. */
  describe(grant: Grant): string {
    const { names, groups } = this.#with;
    return describeGrant(grant, names, (id) => groups.find(id)?.value.name);
  }

  async #write(
    id: string,
    document: JsonValue | undefined,
    by: PolicyChange,
  ): Promise<Stored<Grant>> {
    const { held, groups, audit } = this.#with;
    const grant = readGrant(document);
    if ('group' in grant.who && !groups.has(grant.who.group)) throw noGroup(grant.who.group);
    const stored = await held.put(id, grant, by);
    const what = by.ifVersion === 0 ? 'grant.create' : 'grant.put';
    recordChange(audit, { what, on: id, why: this.describe(grant) }, by);
    return stored;
  }
}

function isFor({ who }: Grant, principal: string): boolean {
  return granteeKinds.some((kind) => (who as { [kind: string]: string })[kind] === principal);
}

function noGroup(id: string): Problem {
  const description = `there is no group '${id}'`;
  const validationErrors = [{ field: '/who/group', description }];
  return new Problem('unprocessable', description, { validationErrors });
}
