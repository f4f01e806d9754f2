import type { JsonValue, Route, RouteReply } from '@thingtalk/core';
import type { KeptAuditEntry } from './audit-entry.ts';
import type { AuditLog } from './audit-log.ts';
import { auditPage, readAuditQuery } from './audit-query.ts';

const text = { type: 'string' };
const time = { type: 'string', format: 'date-time' };

const entrySchema = {
  type: 'object',
  required: ['n', 'time', 'who', 'from', 'what', 'outcome'],
  properties: {
    n: { type: 'integer', description: 'Counts the entries; none is left out' },
    time,
    who: { ...text, description: 'Id of who did it; anonymous where nobody was recognised' },
    from: { ...text, description: 'The address they came from' },
    what: text,
    on: text,
    outcome: { enum: ['allowed', 'denied'] },
    why: text,
    count: { type: 'integer', description: 'How often the same happened again within a minute' },
  },
};

const query = {
  who: { description: 'Id of who did it', schema: text },
  from: { description: 'The address they came from', schema: text },
  what: { description: 'What they did; grant is also grant.create', schema: text },
  on: { description: "What it was about; a Thing's id is also its affordances", schema: text },
  outcome: { description: 'How it ended', schema: { enum: ['allowed', 'denied'] } },
  after: { description: 'Only what happened after this time', schema: time },
  before: { description: 'Only what happened before this time', schema: time },
  limit: {
    description: 'Most entries of a page',
    schema: { type: 'integer', minimum: 1, maximum: auditPage.most, default: auditPage.usual },
  },
  below: {
    description: 'Only entries with a lower number: for the next page',
    schema: { type: 'integer', minimum: 1 },
  },
};

/** The rows by which the log is read. */
export function auditRoutes(log: AuditLog): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/audit',
      operationId: 'listAudit',
      summary: 'Reads who did what, and what was denied; newest first',
      tags: ['Security'],
      admits: 'managers',
      query,
      responses: {
        200: {
          description: 'A page, and in `next` the address of the one after it',
          contentType: 'application/json',
          schema: {
            type: 'object',
            required: ['entries', 'forgotten'],
            properties: {
              entries: { type: 'array', items: entrySchema },
              next: { type: 'string', format: 'uri-reference' },
              forgotten: {
                type: 'integer',
                description: 'How many have gone because there were too many',
              },
            },
          },
        },
      },
      async handle({ query, url }) {
        const page = await log.query(readAuditQuery(query));
        const next = page.next !== undefined && { next: pageAddress(url, page.next) };
        return json({ entries: page.entries.map(shown), ...next, forgotten: page.forgotten });
      },
    },
    {
      method: 'GET',
      path: '/audit/verify',
      operationId: 'verifyAudit',
      summary: 'Looks whether every line of the log is as it was written',
      tags: ['Security'],
      admits: 'managers',
      responses: {
        200: {
          description: 'How many were looked at, and in `wrong` the first that is not',
          contentType: 'application/json',
          schema: {
            type: 'object',
            required: ['entries'],
            properties: { entries: { type: 'integer' }, wrong: { type: 'object' } },
          },
        },
      },
      handle: async () => json({ ...(await log.verify()) }),
    },
  ];
}

function shown({ time, ...entry }: KeptAuditEntry): { readonly [member: string]: JsonValue } {
  return { ...entry, time: new Date(time).toISOString() };
}

/** The address of the page after, as a path: what stood before the path may be a proxy's. */
function pageAddress(url: string, below: number): string {
  const [path = '', search = ''] = url.split('?');
  const parameters = new URLSearchParams(search);
  parameters.set('below', String(below));
  return `${path}?${parameters}`;
}

function json(body: object): RouteReply {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { status: 200, headers, body: JSON.stringify(body) };
}
