import { defineThing } from '@thingtalk/core';

export default defineThing(
  'urn:dev:desk-lamp',
  {
    title: 'Desk lamp',
    properties: {
      on: { type: 'boolean' },
      level: { type: 'integer', minimum: 0, maximum: 100, unit: 'percent' },
    },
  },
  {
    initial: { on: false, level: 100 },
    write: { on: (on) => console.log(on ? 'relay closed' : 'relay open') },
  },
);
