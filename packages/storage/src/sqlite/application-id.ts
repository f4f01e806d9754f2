import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { Problem } from '@thingtalk/core';
import { layouts } from '../schema/tables.ts';

/** What a file of ours says of itself in its header: the letters `Thng`. */
const ours = 0x54686e67;

const ourTables: ReadonlySet<unknown> = new Set([...Object.keys(layouts), 'kysely_migration']);

/**
 * Refuses the database of another program before anything is changed in it, or beside it.
 *
 * @throws {@link Problem} `conflict` when it is another program's.
 */
export function refuseForeignFile(path: string): void {
  let isIt: boolean;
  try {
    // Immutable: neither locks nor a log are made, or looked at.
    const url = pathToFileURL(path);
    url.searchParams.set('immutable', '1');
    const db = new DatabaseSync(url, { readOnly: true });
    try {
      isIt = isForeign(db);
    } finally {
      db.close();
    }
  } catch {
    return; // What is not there is made, and what cannot be read is for the rescue to judge.
  }
  if (isIt) throw foreign(path);
}

/**
 * Says in the header of an open database that it is ours.
 *
 * @throws {@link Problem} `conflict` when it is another program's, as its log may tell where its file did not.
 */
export function claim(db: DatabaseSync, path: string): void {
  if (isForeign(db)) throw foreign(path);
  if (idOf(db) !== ours) db.exec(`pragma application_id = ${ours}`);
}

/** Ours of before did not say so, and bytes may be damaged: one that has a table of ours is ours. */
function isForeign(db: DatabaseSync): boolean {
  if (idOf(db) === ours) return false;
  const tables = db.prepare("select name from sqlite_schema where type = 'table'").all();
  return tables.length > 0 && !tables.some(({ name }) => ourTables.has(name));
}

const idOf = (db: DatabaseSync) => db.prepare('pragma application_id').get()?.application_id;

function foreign(path: string): Problem {
  const detail = `${path} is the database of another program and stays as it is: choose another directory for the data, or move that file away`;
  return new Problem('conflict', detail);
}
