import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { columnsOf, givePlaces } from '../schema/statements.ts';
import { isIntact, layouts, type TableName, type Tables } from '../schema/tables.ts';
import { tableNames } from './open-checked.ts';

/** What became of one table. */
export interface Salvaged {
  /** Rows that were read and are as they were written. */
  readonly rows: number;
  /** Rows that were read and fail their check: left behind. */
  readonly damaged: number;
  /** The keys of these, as far as they can be read; at most a hundred. */
  readonly lost: readonly (readonly SQLInputValue[])[];
  /** Whether a part could not be read at all. */
  readonly incomplete: boolean;
}

/** How many damaged rows of a table are named. */
const lostTold = 100;

/** Copies every row that can be read, and passes its check, from a damaged database into a new one. */
export function salvage(
  damagedPath: string,
  into: DatabaseSync,
): Readonly<Record<TableName, Salvaged>> {
  const damaged = new DatabaseSync(damagedPath);
  try {
    into.exec('begin immediate');
    const results = tableNames.map((table) => [table, salvageTable(damaged, into, table)]);
    into.exec(givePlaces);
    into.exec('commit');
    return Object.fromEntries(results);
  } finally {
    damaged.close();
  }
}

/** Whether every table can be found in the file. */
export function hasTables(path: string): boolean {
  const db = new DatabaseSync(path);
  try {
    for (const table of tableNames) db.prepare(`select * from ${table}`);
    return true;
  } catch {
    return false;
  } finally {
    db.close();
  }
}

function salvageTable(from: DatabaseSync, into: DatabaseSync, table: TableName): Salvaged {
  const columns = columnsOf(table);
  const cells = columns.map((column, n) =>
    // It is outside the check: where damage made it that of another row, the row is worth more.
    column === 'place'
      ? `(select ?${n + 1} where not exists (select 1 from ${table} where place = ?${n + 1}))`
      : `?${n + 1}`,
  );
  const insert = into.prepare(
    `insert or ignore into ${table} (${columns.join(', ')}) values (${cells.join(', ')})`,
  );
  let rows = 0;
  let damaged = 0;
  const lost: SQLInputValue[][] = [];
  const take = (row: Readonly<Record<string, SQLInputValue>>) => {
    if (!isIntact(table, row as unknown as Tables[TableName])) {
      damaged += 1;
      if (lost.length < lostTold)
        lost.push(layouts[table].key.map((column) => row[column] ?? null));
    } else rows += Number(insert.run(...columns.map((column) => row[column] ?? null)).changes);
  };
  // From both ends towards the damage: what lies between two damaged pages is lost with them.
  const isWhole = readRows(from, table, 'asc', take);
  if (!isWhole) readRows(from, table, 'desc', take);
  return { rows, damaged, lost, incomplete: !isWhole };
}

/** The columns to read; one that came with a later schema than the file's is empty. */
function present(from: DatabaseSync, table: TableName): readonly string[] {
  const there = new Set(
    from
      .prepare(`pragma table_info(${table})`)
      .all()
      .map(({ name }) => name),
  );
  return columnsOf(table).map((column) => (there.has(column) ? column : `null as ${column}`));
}

/** By which rows are read as they lie, without an index that may be what is damaged. */
function orderOnDisk(from: DatabaseSync, table: TableName): readonly string[] {
  const hasRowIds =
    from.prepare(`select 1 from pragma_table_list(?) where wr = 0`).get(table) !== undefined;
  return hasRowIds ? ['rowid'] : layouts[table].key;
}

/** @returns whether the end was reached. */
function readRows(
  from: DatabaseSync,
  table: TableName,
  direction: 'asc' | 'desc',
  take: (row: Readonly<Record<string, SQLInputValue>>) => void,
): boolean {
  try {
    const order = orderOnDisk(from, table).map((column) => `${column} ${direction}`);
    const rows = from.prepare(
      `select ${present(from, table).join(', ')} from ${table} order by ${order.join(', ')}`,
    );
    for (const row of rows.iterate()) take(row);
    return true;
  } catch {
    return false;
  }
}
