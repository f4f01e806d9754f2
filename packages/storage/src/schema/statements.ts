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

/** Ended runs a Thing keeps; a few more are there until they are trimmed. */
const endedRunsKept = 1_000;
/** How long the texts of these may be together, in characters; the newest is kept whatever its length. */
const endedRunsCharacters = 2 ** 20;

/** Deletes the ended runs that are too many, or too much, of the Things that `which` names. */
export function trimRuns(which: string): string {
  return `delete from runs where (thing, id) in (
    select thing, id from (
      select thing, id, row_number() over newest as place, sum(length(status)) over newest as characters
      from runs where thing ${which} and ended is not null
      window newest as (partition by thing order by ended desc)
    ) as counted
    where place > 1 and (place > ${endedRunsKept} or characters > ${endedRunsCharacters}))`;
}

/** Gives each version that has none a place after all others, in the order of their times. */
export const givePlaces = `update documents set place = counted.place from (
  select collection, key, version, (select coalesce(max(place), 0) from documents)
    + row_number() over (order by time, collection, key, version) as place
  from documents where place is null
) as counted where counted.collection = documents.collection
  and counted.key = documents.key and counted.version = documents.version`;
