import { type Audit, type JsonValue, Problem } from '@thingtalk/core';
import type { HeldDocuments } from '../documents/held-documents.ts';
import type { Stored } from '../documents/stored.ts';
import { admins, everPresentGroups, type Grant, type Group } from './grant.ts';
import { checkGroupId, readGroup } from './group.ts';
import { missing, type PolicyChange, recordChange } from './policy-change.ts';

/** What {@link Groups} are made of. */
export interface GroupsParts {
  readonly held: HeldDocuments<Group>;
  /** Those that may be given to a group. */
  readonly grants: HeldDocuments<Grant>;
  readonly audit: Audit;
}

/** The groups whose members are written down. */
export class Groups {
  readonly #held: HeldDocuments<Group>;
  readonly #grants: HeldDocuments<Grant>;
  readonly #audit: Audit;

  constructor({ held, grants, audit }: GroupsParts) {
    this.#held = held;
    this.#grants = grants;
    this.#audit = audit;
  }

  /** All of them, in the order of their ids. */
  list(): readonly Stored<Group>[] {
    return this.#held.list();
  }

  find(id: string): Stored<Group> | undefined {
    return this.#held.stored(id);
  }

  /** @throws {@link Problem} `not-found`. */
  get(id: string): Stored<Group> {
    return this.find(id) ?? missing('group', id);
  }

  /** Whether grants can be given to a group of this id. */
  has(id: string): boolean {
    return id === admins || everPresentGroups.includes(id) || this.find(id) !== undefined;
  }

  /**
   * Makes a group, or changes it.
   *
   * @throws {@link Problem} `data-schema-mismatch` with `validationErrors`; `precondition-failed`; `conflict` when nobody would
   * be left in `admins`, or for groups that are made of whoever is there.
   */
  async put(id: string, document: JsonValue | undefined, by: PolicyChange): Promise<Stored<Group>> {
    checkGroupId(id);
    const group = readGroup(document);
    if (everPresentGroups.includes(id))
      throw new Problem('conflict', `the members of '${id}' are not written down`);
    if (id === admins && group.members.length === 0) throw nobodyLeft();
    const stored = await this.#held.put(id, group, by);
    const why = `${group.name}: ${group.members.join(', ')}`;
    recordChange(this.#audit, { what: 'group.put', on: id, why }, by);
    return stored;
  }

  /**
   * Deletes a group.
   *
   * @throws {@link Problem} `not-found`, `precondition-failed`; `conflict` for `admins`, and while grants are given to it.
   */
  async delete(id: string, by: PolicyChange): Promise<void> {
    this.get(id);
    if (id === admins) throw nobodyLeft();
    const given = this.#grants
      .list()
      .filter(({ value: { who } }) => 'group' in who && who.group === id);
    if (given.length > 0) {
      const ids = given.map((grant) => grant.id).join(', ');
      throw new Problem('conflict', `grants are given to the group '${id}': ${ids}`);
    }
    await this.#held.delete(id, by);
    recordChange(this.#audit, { what: 'group.delete', on: id }, by);
  }

  /** Puts a principal into a group, which is made where it is not there. */
  async addMember(id: string, principal: string, by: PolicyChange): Promise<Stored<Group>> {
    const present = this.find(id);
    const { name = id, members = [] } = present?.value ?? {};
    const group = { name, members: [...members, principal] };
    return this.put(id, group, { ifVersion: present?.version ?? 0, ...by });
  }

  /**
   * Takes a principal out of a group.
   *
   * @throws {@link Problem} `not-found` for the group; `conflict` for the last of `admins`.
   */
  async removeMember(id: string, principal: string, by: PolicyChange): Promise<Stored<Group>> {
    const { value, version } = this.get(id);
    const members = value.members.filter((member) => member !== principal);
    return this.put(id, { ...value, members }, { ifVersion: version, ...by });
  }

  /**
   * Takes a principal out of all groups.
   *
   * @throws {@link Problem} `conflict` for the last of `admins`; it is in all of them still.
   */
  async forget(principal: string, by: PolicyChange): Promise<void> {
    const ids = this.list().flatMap(({ id, value }) =>
      value.members.includes(principal) ? id : [],
    );
    // The one that may be refused comes first.
    const isFirst = (id: string) => Number(id === admins);
    for (const id of ids.sort((a, b) => isFirst(b) - isFirst(a)))
      await this.removeMember(id, principal, by);
  }
}

function nobodyLeft(): Problem {
  return new Problem('conflict', `nobody would be left in '${admins}' to manage the gateway`);
}
