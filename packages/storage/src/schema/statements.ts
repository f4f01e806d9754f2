import { layouts, type TableName } from './tables.ts';

/** The columns of a table, in the order in which its statements take them. */
export function columnsOf(table: TableName): readonly string[] {
  return Object.keys(layouts[table].columns);
}

/**
 * The beginning and the end of the statement that writes a row, whatever row was there: the rows go in between.
 *
 * @returns `[insert into … (…), on conflict … do update …]`, the same for SQLite and PostgreSQL.
 */
export function upsertParts(table: TableName): readonly [head: string, tail: string] {
  const { key, merged = {} } = layouts[table];
  const columns = columnsOf(table);
  const changes = columns
    .filter((column) => !key.includes(column) && merged[column] !== 'first')
    .map((column) =>
      merged[column] === 'sum'
        ? `${column} = ${table}.${column} + excluded.${column}`
        : `${column} = excluded.${column}`,
    );
  return [
    `insert into ${table} (${columns.join(', ')})`,
    `on conflict (${key.join(', ')}) do update set ${changes.join(', ')}`,
  ];
}

/** Ended runs a Thing keeps. */
export const endedRunsKept = 100;

/** Deletes the ended runs beyond the newest {@link endedRunsKept}, of the Things that `which` names. */
export function trimRuns(which: string): string {
  return `delete from runs where thing ${which} and ended <= (
    select newer.ended from runs as newer where newer.thing = runs.thing and newer.ended is not null
    order by newer.ended desc limit 1 offset ${endedRunsKept})`;
}
