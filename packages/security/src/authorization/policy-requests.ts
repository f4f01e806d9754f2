import { Problem, type Right, type RouteReply, type RouteRequest, ThingId } from '@thingtalk/core';
import { privately, written } from '../authentication/replies.ts';
import type { Stored } from '../documents/stored.ts';
import type { PolicyQuestion } from './explain.ts';
import { type Grant, type Group, rights } from './grant.ts';
import type { Policy } from './policy.ts';
import type { PolicyChange } from './policy-change.ts';

/** Answers a grant, with its version as ETag. */
export function grantReply(policy: Policy, grant: Stored<Grant>, status = 200): RouteReply {
  return tagged(grant, shownGrant(policy, grant), status);
}

/** A grant as it is shown. */
export function shownGrant(policy: Policy, grant: Stored<Grant>): object {
  return { ...stamp(grant), says: policy.grants.describe(grant.value), ...grant.value };
}

/** Answers a group, with its version as ETag. */
export function groupReply(group: Stored<Group>, status = 200): RouteReply {
  return tagged(group, shownGroup(group), status);
}

/** A group as it is shown. */
export function shownGroup(group: Stored<Group>): object {
  return { ...stamp(group), ...group.value };
}

function stamp({ id, version, author, time }: Stored<unknown>): object {
  return { id, version, author, time: written(time) };
}

function tagged({ version }: Stored<unknown>, value: object, status: number): RouteReply {
  const reply = privately(value, status);
  return { ...reply, headers: { ...reply.headers, etag: `"${version}"` } };
}

/**
 * Who changes the policy by a request, and by `If-Match` which version they have seen.
 *
 * @throws {@link Problem} `precondition-failed` when `If-Match` names no version.
 */
export function changeBy({ access, address, headers }: RouteRequest): PolicyChange {
  const change = { author: access.principal.id, from: address };
  const [condition] = [headers['if-match']].flat();
  if (condition === undefined || condition === '*') return change;
  const [, version] = /^"(\d{1,15})"$/.exec(condition) ?? [];
  if (version === undefined)
    throw new Problem('precondition-failed', `If-Match asks for ${condition}, which is no version`);
  return { ...change, ifVersion: Number(version) };
}

/**
 * What a request asks about the policy.
 *
 * @throws {@link Problem} `bad-request`, naming what is missing or is none.
 */
export function questionIn(request: RouteRequest): PolicyQuestion {
  const right = wanted(request, 'right');
  if (!isRight(right))
    throw new Problem('bad-request', `'${right}' is no right; ${rights.join(', ')} are`);
  const affordance = given(request, 'affordance');
  const address = given(request, 'address');
  return {
    who: wanted(request, 'who'),
    right,
    thing: ThingId(wanted(request, 'thing')),
    ...(affordance !== undefined && { affordance }),
    ...(address !== undefined && { address }),
  };
}

function given({ query }: RouteRequest, name: string): string | undefined {
  const value = query[name];
  return typeof value === 'object' ? value.at(-1) : value;
}

function wanted(request: RouteRequest, name: string): string {
  const value = given(request, name);
  if (value === undefined || value === '')
    throw new Problem('bad-request', `the query has no '${name}'`);
  return value;
}

function isRight(text: string): text is Right {
  return (rights as readonly string[]).includes(text);
}
