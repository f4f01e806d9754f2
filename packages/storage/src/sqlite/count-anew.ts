import type { DatabaseSync } from 'node:sqlite';
import { columnsOf, upsertParts } from '../schema/statements.ts';
import { type ThingRow, withCheck } from '../schema/tables.ts';

type Counts = Omit<ThingRow, 'thing' | 'crc'>;

/**
 * Mends what is counted of Things after some of their rows were lost.
 *
 * Where a Thing's own row was lost, of its last message only what its events tell is left: a later one that was stored
 * may be taken once more.
 *
 * @returns the Things whose count was lost or wrong.
 */
export function countAnew(db: DatabaseSync): readonly string[] {
  return [...countLost(db), ...countWrong(db)];
}

/** Things that other tables speak of, and that have no row of their own. */
function countLost(db: DatabaseSync): readonly string[] {
  const spoken = ['property_values', 'events', 'runs', 'wishes']
    .map((table) => `select thing from ${table}`)
    .join(' union ');
  const lost = db.prepare(`${spoken} except select thing from things`).all();
  const count = db.prepare(`
    select last.e, last.s,
      coalesce((select max(n) from events where thing = :thing), 0) as events,
      coalesce((select max(max(n), coalesce(max(ended), 0)) from runs where thing = :thing), 0) as runs
    from (select 1) left join (select e, s from events where thing = :thing order by n desc limit 1) as last`);
  const things = lost.map(({ thing }) => String(thing));
  for (const thing of things) {
    writeCounts(db, { thing, ...(count.get({ thing }) as unknown as Counts) });
  }
  return things;
}

/** Things whose last events were lost: the next one comes after the last that is left. */
function countWrong(db: DatabaseSync): readonly string[] {
  const rows = db.prepare(`
    select thing, e, s, coalesce((select max(n) from events where thing = things.thing), 0) as events, runs
    from things where events > 0 and events is not (select max(n) from events where thing = things.thing)`);
  const wrong = rows.all() as unknown as readonly Omit<ThingRow, 'crc'>[];
  for (const row of wrong) writeCounts(db, row);
  return wrong.map(({ thing }) => thing);
}

function writeCounts(db: DatabaseSync, counts: Omit<ThingRow, 'crc'>): void {
  const [head, tail] = upsertParts('things');
  const row: Readonly<Record<string, string | number | null>> = {
    ...withCheck('things', counts),
  };
  const cells = columnsOf('things').map((column) => row[column] ?? null);
  db.prepare(`${head} values (${cells.map(() => '?').join(', ')}) ${tail}`).run(...cells);
}
