import { openAccess, Problem, type RouteRequest } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AuditLog } from './audit-log.ts';
import { readAuditQuery } from './audit-query.ts';
import { auditRoutes } from './audit-routes.ts';
import { readLine } from './chain.ts';
import { entry, openAuditPlace } from './testing-audit.ts';

/** Asks as HTTP would. */
async function get(log: AuditLog, url: string) {
  const [path = '', search = ''] = url.split('?');
  const route = auditRoutes(log).find((one) => one.path === path);
  const request: RouteRequest = {
    ...{ params: {}, query: Object.fromEntries(new URLSearchParams(search)), headers: {} },
    ...{ body: undefined, url, base: 'https://gateway', address: '::1', isSecure: true },
    ...{ signal: new AbortController().signal, access: openAccess },
  };
  const reply = await route?.handle(request);
  return JSON.parse(String(reply?.body));
}

test('the log is read page by page, by the address of the next', async () => {
  await using place = await openAuditPlace();
  await using log = await place.open();
  for (let n = 1; n <= 5; n++) log.record(entry({ on: `lamp ${n}` }));
  const first = await get(log, '/audit?limit=2&what=login');
  expect(first).toEqual({
    entries: [5, 4].map((n) => ({
      n,
      time: '2026-01-01T00:00:00.000Z',
      ...entry({ on: `lamp ${n}` }),
    })),
    next: '/audit?limit=2&what=login&below=4',
    forgotten: 0,
  });
  const second = await get(log, first.next);
  const third = await get(log, second.next);
  expect(third.entries).toHaveLength(1);
  expect(third.next).toBeUndefined();
  expect(await get(log, '/audit/verify')).toEqual({ entries: 5 });
});

test('only who manages may read it', async () => {
  await using place = await openAuditPlace();
  await using log = await place.open();
  for (const { admits } of auditRoutes(log)) expect(admits).toBe('managers');
});

test.each([
  [{ limit: '0' }, "limit: '0' is not a whole number from 1 to 1000"],
  [{ limit: '1e3' }, "limit: '1e3' is not"],
  [{ below: '-1' }, "below: '-1' is not"],
  [{ outcome: 'maybe' }, "outcome: 'maybe' is not 'allowed' or 'denied'"],
  [{ after: 'yesterday' }, "after: 'yesterday' is not a time"],
  [{ before: '2026-13-40' }, "before: '2026-13-40' is not a time"],
  [{ who: ['a', 'b'] }, "the parameter 'who' is there more than once"],
])('the query %j is refused by name', (query, detail) => {
  expect(() => readAuditQuery(query)).toThrow(detail);
});

test('whatever is asked, it is understood or a bad request', () =>
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string({ unit: 'binary' })), (query) => {
      try {
        readAuditQuery(query);
      } catch (error) {
        expect(error).toBeInstanceOf(Problem);
      }
    }),
  ));

test('whatever stands in a line, it is an entry or none', () =>
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (line) => {
      expect(readLine(line)).toBeUndefined();
    }),
  ));
