import { Findings, type JsonObject, type JsonValue, listOf } from '@thingtalk/core';
import { atMost, both, exactly, textUpTo } from './document-checks.ts';
import type { Group } from './grant.ts';
import { groupId, principalId } from './read-grant.ts';

const maxMembers = 10_000;

const group = exactly(
  { name: textUpTo(200), members: both(listOf(principalId), atMost(maxMembers)) },
  ['name'],
);

/**
 * Reads a group, and puts it into the one form in which it is kept: members once and sorted.
 *
 * @throws {@link Problem} `data-schema-mismatch` with all that is wrong in `validationErrors`.
 */
export function readGroup(value: JsonValue | undefined): Group {
  const findings = new Findings();
  group(value ?? null, '', findings);
  findings.throwIfAny('data-schema-mismatch', 'the group');
  const { name, members = [] } = value as JsonObject & Group;
  return { name, members: [...new Set(members)].sort() };
}

/** @throws {@link Problem} `bad-request` when a group cannot be called so. */
export function checkGroupId(id: string): void {
  const findings = new Findings();
  groupId(id, '', findings);
  findings.throwIfAny('bad-request', 'the group');
}
