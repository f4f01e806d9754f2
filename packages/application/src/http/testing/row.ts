import type { Route } from '@thingtalk/core';

/** A row of which only the path and the answer matter. */
export const row = (path: string, handle: Route['handle'], more: Partial<Route> = {}): Route => ({
  method: 'GET',
  path,
  operationId: path,
  summary: path,
  tags: [],
  responses: {},
  handle,
  ...more,
});
