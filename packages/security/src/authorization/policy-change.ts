import { type Audit, Problem, type WriteOptions } from '@thingtalk/core';

/** Who changes the policy, and which version of it they have seen. */
export interface PolicyChange extends WriteOptions {
  /** The address they come from. Default: none, as for the gateway itself. */
  readonly from?: string;
}

/** What was changed. */
export interface Changed {
  /** As `grant.create`. */
  readonly what: string;
  /** Id of the grant or group. */
  readonly on: string;
  /** What it says, in words. */
  readonly why?: string;
}

/** Writes down that the policy was changed. */
export function recordChange(audit: Audit, changed: Changed, by: PolicyChange): void {
  audit.record({ who: by.author, from: by.from ?? '', outcome: 'allowed', ...changed });
}

/** @throws {@link Problem} `not-found`, naming what is not there. */
export function missing(kind: 'grant' | 'group', id: string): never {
  throw new Problem('not-found', `there is no ${kind} '${id}'`);
}
