import { Problem, type RouteRequest } from '@thingtalk/core';
import type { KeptAuditEntry } from './audit-entry.ts';

/** Which entries are wanted; all of what is said must fit. */
export interface AuditQuery {
  readonly who?: string;
  /** The address. */
  readonly from?: string;
  /** What was wanted, or what it begins with: `grant` is also `grant.create`. */
  readonly what?: string;
  /** What it was about, or what it begins with: a Thing's id is also its affordances. */
  readonly on?: string;
  readonly outcome?: 'allowed' | 'denied';
  /** Only what happened after this, in milliseconds since 1970. */
  readonly after?: number;
  /** Only what happened before this, in milliseconds since 1970. */
  readonly before?: number;
  /** Only entries with a lower number: where the page before ended. */
  readonly below?: number;
  /** Most entries. Default 100, at most 1,000. */
  readonly limit?: number;
}

/** How many entries a page holds by default, and at most. */
export const auditPage = { usual: 100, most: 1_000 } as const;

/** Whether an entry is wanted. */
export function isWanted(entry: KeptAuditEntry, query: AuditQuery): boolean {
  const { who, from, what, on, outcome, after, before, below } = query;
  return (
    (below === undefined || entry.n < below) &&
    (who === undefined || entry.who === who) &&
    (from === undefined || entry.from === from) &&
    (what === undefined || entry.what === what || entry.what.startsWith(`${what}.`)) &&
    (on === undefined || entry.on === on || (entry.on ?? '').startsWith(`${on}/`)) &&
    (outcome === undefined || entry.outcome === outcome) &&
    (after === undefined || entry.time > after) &&
    (before === undefined || entry.time < before)
  );
}

/**
 * Reads a query from an address.
 *
 * @throws {@link Problem} `bad-request` that names the parameter.
 */
export function readAuditQuery(query: RouteRequest['query']): AuditQuery {
  const one = (name: string): string | undefined => {
    const value = query[name];
    if (value === undefined || typeof value === 'string') return value;
    throw new Problem('bad-request', `the parameter '${name}' is there more than once`);
  };
  const texts = ['who', 'from', 'what', 'on'].flatMap((name) => {
    const value = one(name);
    return value === undefined ? [] : [[name, value]];
  });
  const outcome = one('outcome');
  if (outcome !== undefined && outcome !== 'allowed' && outcome !== 'denied') {
    throw wrong('outcome', outcome, "'allowed' or 'denied'");
  }
  const after = timeOf('after', one('after'));
  const before = timeOf('before', one('before'));
  const below = countOf('below', one('below'), Number.MAX_SAFE_INTEGER);
  const limit = countOf('limit', one('limit'), auditPage.most);
  return {
    ...(Object.fromEntries(texts) as Pick<AuditQuery, 'who' | 'from' | 'what' | 'on'>),
    ...(outcome !== undefined && { outcome }),
    ...(after !== undefined && { after }),
    ...(before !== undefined && { before }),
    ...(below !== undefined && { below }),
    ...(limit !== undefined && { limit }),
  };
}

const rfc3339 = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

function timeOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw wrong(name, text, 'a time, as 2026-11-24T20:00:00Z or 2026-11-24');
  return time;
}

function countOf(name: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const count = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > most) throw wrong(name, text, `a whole number from 1 to ${most}`);
  return count;
}

function wrong(name: string, value: string, wanted: string): Problem {
  return new Problem('bad-request', `${name}: '${value.slice(0, 80)}' is not ${wanted}`);
}

/** Texts that stand in every line that is wanted: to find them is quicker than to read the line. */
export function textsIn({ who, from, what, on, outcome }: AuditQuery): readonly string[] {
  return [who, from, what, on, outcome].flatMap((text) =>
    text === undefined ? [] : [JSON.stringify(text).slice(1, -1)],
  );
}
