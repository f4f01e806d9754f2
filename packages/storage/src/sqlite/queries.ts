import type { DatabaseSync } from 'node:sqlite';
import { Documents, type DocumentsOptions } from '../documents/documents.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { kyselyOver } from './kysely-over.ts';

/** What is asked of the database in a query builder's words. */
export interface Queries {
  readonly documents: Documents;
  readonly reader: JournalReader;
}

/** Loads the query builder, and all that is said in its words. */
export function openQueries(db: DatabaseSync, options: DocumentsOptions): Queries {
  const builder = kyselyOver(db);
  return {
    documents: new Documents(builder, options),
    reader: new JournalReader(builder, options.report),
  };
}
