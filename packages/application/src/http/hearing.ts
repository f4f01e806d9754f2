import type { Access, ThingRecord } from '@thingtalk/core';
import { notPermitted } from '../access/not-permitted.ts';
import type { Scope } from '../feed/change.ts';

/** What it takes to hear of changes of a kind, and how a Thing Description groups what changes. */
const needs = {
  property: { right: 'observe', group: 'properties' },
  event: { right: 'subscribe', group: 'events' },
} as const;

/** Whether somebody may hear of a change of what is named. */
export function mayHear(
  access: Access,
  { thing, kind, name }: Scope & { readonly name: string },
): boolean {
  return access.isUnlimited || access.may(needs[kind].right, thing, name);
}

/** Whether there is anything left, of what a reader is about, that it may hear of. */
export function hears(access: Access, scope: Scope, record: ThingRecord | undefined): boolean {
  const { kind, name } = scope;
  if (access.isUnlimited) return true;
  if (name !== undefined) return mayHear(access, { ...scope, name });
  const { right, group } = needs[kind];
  if (access.may(right, scope.thing)) return true;
  const names = [...(record?.shape[group].keys() ?? [])];
  return names.some((one) => access.may(right, scope.thing, one));
}

/**
 * Refuses whoever may hear of nothing that `scope` covers.
 *
 * @throws {@link Problem} `forbidden`
 */
export function checkHears(access: Access, scope: Scope, record: ThingRecord): void {
  if (hears(access, scope, record)) return;
  const { right, group } = needs[scope.kind];
  const { name } = scope;
  throw notPermitted(
    access,
    right,
    scope.thing,
    name === undefined ? undefined : { kind: group, name },
  );
}
