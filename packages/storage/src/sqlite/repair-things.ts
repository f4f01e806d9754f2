import type { DatabaseSync } from 'node:sqlite';
import { columnsOf, upsertParts } from '../schema/statements.ts';
import { isIntact, type ThingRow, withCheck } from '../schema/tables.ts';

/**
 * Counts anew what is counted of Things whose row fails its check.
 *
 * Of the last message only what its events tell is left: a later one that was stored may be taken once more.
 *
 * @returns the Things whose count was lost.
 */
export function repairThings(db: DatabaseSync): readonly string[] {
  const rows = db.prepare(`select ${columnsOf('things').join(', ')} from things`);
  const damaged: string[] = [];
  for (const row of rows.iterate()) {
    if (!isIntact('things', row as unknown as ThingRow)) damaged.push(String(row.thing));
  }
  countAnew(db, damaged);
  return damaged;
}

/** Counts the Things that other tables speak of, and that have no row of their own. */
export function addMissingThings(db: DatabaseSync): readonly string[] {
  const spoken = ['property_values', 'events', 'runs', 'wishes']
    .map((table) => `select thing from ${table}`)
    .join(' union ');
  const rows = db.prepare(`${spoken} except select thing from things`).all();
  const missing = rows.map(({ thing }) => String(thing));
  countAnew(db, missing);
  return missing;
}

function countAnew(db: DatabaseSync, things: readonly string[]): void {
  const count = db.prepare(`
    select last.e, last.s,
      coalesce((select max(n) from events where thing = :thing), 0) as events,
      coalesce((select max(max(n), coalesce(max(ended), 0)) from runs where thing = :thing), 0) as runs
    from (select 1) left join (select e, s from events where thing = :thing order by n desc limit 1) as last`);
  const [head, tail] = upsertParts('things');
  const write = db.prepare(`${head} values (?, ?, ?, ?, ?, ?) ${tail}`);
  for (const thing of things) {
    const counted = count.get({ thing }) as unknown as Omit<ThingRow, 'thing' | 'crc'>;
    const { e, s, events, runs, crc } = withCheck('things', { thing, ...counted });
    write.run(thing, e, s, events, runs, crc);
  }
}
