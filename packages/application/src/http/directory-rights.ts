import { Problem, type RouteRequest } from '@thingtalk/core';
import { notPermitted } from '../access/not-permitted.ts';
import type { DirectoryViews } from '../access/reader-views.ts';
import { findEntry } from './directory-routes.ts';

/**
 * Refuses whoever may not change what the directory holds under an id.
 *
 * @throws {@link Problem} `thing-not-found` for what is not there, or not to be known of; `forbidden`
 */
export function checkManages(directories: DirectoryViews, request: RouteRequest, id: string): void {
  const { access } = request;
  if (access.isUnlimited || access.manages) return;
  const entry = findEntry(directories.for(request), id);
  if (!access.may('manage', entry.id)) throw notPermitted(access, 'manage', entry.id);
}

/**
 * Refuses whoever may not bring something into the directory, in the same words whether the id is taken or not.
 *
 * @throws {@link Problem} `forbidden`
 */
export function checkRegisters(
  directories: DirectoryViews,
  request: RouteRequest,
  id?: string,
): void {
  const { access } = request;
  if (access.isUnlimited || access.manages) return;
  const entry = id === undefined ? undefined : directories.for(request).find(id);
  if (entry !== undefined && access.may('manage', entry.id)) return;
  throw new Problem('forbidden', `${access.principal.name} may not register Things here`);
}
