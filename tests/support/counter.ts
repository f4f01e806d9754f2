import { defineThing } from '@thingtalk/core';

/** A Thing that only counts, in events, and keeps a level. */
export const counter = defineThing(
  'urn:dev:counter',
  {
    title: 'Counter',
    properties: { level: { type: 'integer' } },
    actions: { wait: {} },
    events: { counted: { data: { type: 'integer' } } },
  },
  { initial: { level: 0 }, actions: { wait: (_, { delay }) => delay(3_600_000) } },
);
