import { granteeKinds, rights, weekdays } from './grant.ts';

const text = { type: 'string' } as const;
const time = { type: 'string', format: 'date-time' } as const;
const right = { enum: rights };

const target = {
  oneOf: [
    { const: 'all' },
    { type: 'object', required: ['thing'], properties: { thing: text, affordance: text } },
    { type: 'object', required: ['tag'], properties: { tag: text } },
    { type: 'object', required: ['type'], properties: { type: text } },
  ],
};

const conditions = {
  type: 'object',
  description: 'All that is said must be so',
  properties: {
    from: time,
    until: time,
    days: { type: 'array', items: { enum: weekdays } },
    hours: {
      type: 'object',
      required: ['from', 'to'],
      properties: {
        from: { ...text, description: 'As 07:00' },
        to: { ...text, description: 'Excluded; before `from` it passes midnight' },
      },
    },
    zone: { ...text, description: 'IANA time zone; needed for days and hours' },
    network: { type: 'array', items: { ...text, description: 'CIDR, as 192.168.1.0/24' } },
  },
};

const grantProperties = {
  who: {
    type: 'object',
    description: 'One principal by its id, or a group; `anybody` and `people` are always there',
    minProperties: 1,
    maxProperties: 1,
    properties: Object.fromEntries([...granteeKinds, 'group'].map((kind) => [kind, text])),
  },
  on: target,
  ops: { type: 'array', minItems: 1, items: right },
  effect: { enum: ['allow', 'deny'], default: 'allow' },
  when: conditions,
};

const stored = {
  id: text,
  version: { type: 'integer' },
  author: { ...text, description: 'Who wrote it' },
  time: { ...time, description: 'When it was written' },
};

/** What a grant may be, for the documents. */
export const grantSchema = {
  type: 'object',
  required: ['who', 'on', 'ops'],
  properties: grantProperties,
} as const;

/** A grant as it is shown. */
export const storedGrantSchema = {
  type: 'object',
  required: ['id', 'version', 'author', 'time', 'says', 'who', 'on', 'ops', 'effect'],
  properties: { ...stored, says: { ...text, description: 'In words' }, ...grantProperties },
} as const;

const groupProperties = { name: text, members: { type: 'array', items: text } };

/** What a group may be, for the documents. */
export const groupSchema = {
  type: 'object',
  required: ['name'],
  properties: groupProperties,
} as const;

/** A group as it is shown. */
export const storedGroupSchema = {
  type: 'object',
  required: ['id', 'version', 'author', 'time', 'name', 'members'],
  properties: { ...stored, ...groupProperties },
} as const;

/** An explanation as it is shown. */
export const explanationSchema = {
  type: 'object',
  required: ['allowed', 'because', 'grants'],
  properties: {
    allowed: { type: 'boolean' },
    because: text,
    needed: { ...text, description: 'What would make it allowed' },
    grants: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'effect', 'says', 'holds'],
        properties: {
          id: text,
          effect: { enum: ['allow', 'deny'] },
          says: text,
          holds: { type: 'boolean', description: 'Now, and from the address asked about' },
        },
      },
    },
  },
} as const;
