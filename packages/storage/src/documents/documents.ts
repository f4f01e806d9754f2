import { type ListOptions, Problem, type StoredDocument, type WriteOptions } from '@thingtalk/core';
import type { Kysely } from 'kysely';
import { type DamageReport, intactRows } from '../schema/damage.ts';
import { type DocumentRow, type Tables, withCheck } from '../schema/tables.ts';

/** A write as the database gets it. */
export interface DocumentWrite extends WriteOptions {
  readonly collection: string;
  readonly key: string;
  /** JSON text; `null` deletes. */
  readonly value: string | null;
  readonly time: number;
}

/** The documents in a database: each write adds a row, and no row ever changes. */
export class Documents {
  readonly #db: Kysely<Tables>;
  readonly #report: DamageReport;

  constructor(db: Kysely<Tables>, report: DamageReport) {
    this.#db = db;
    this.#report = report;
  }

  /** The newest version that can be read, a deletion too. */
  async newest(collection: string, key: string): Promise<StoredDocument | undefined> {
    const rows = this.#versions(collection, key).orderBy('version', 'desc');
    const [row] = this.#intact(await rows.limit(1).execute());
    if (row !== undefined) return stored(row);
    return this.#intact(await rows.execute()).map(stored)[0];
  }

  async versions(collection: string, key: string): Promise<readonly StoredDocument[]> {
    const rows = await this.#versions(collection, key).orderBy('version').execute();
    return this.#intact(rows).map(stored);
  }

  async list(
    collection: string,
    { after, limit }: ListOptions = {},
  ): Promise<readonly StoredDocument[]> {
    let query = this.#db
      .selectFrom('documents as d')
      .selectAll()
      .where('collection', '=', collection)
      .where('value', 'is not', null)
      .where('version', '=', ({ selectFrom }) =>
        selectFrom('documents as newer')
          .select(({ fn }) => fn.max('newer.version').as('version'))
          .where('newer.collection', '=', collection)
          .whereRef('newer.key', '=', 'd.key'),
      )
      .orderBy('key');
    if (after !== undefined) query = query.where('key', '>', after);
    if (limit !== undefined) query = query.limit(limit);
    return this.#intact(await query.execute()).map(stored);
  }

  /**
   * Adds a version.
   *
   * The key of the table decides between writers: who comes second with a version finds it taken, and looks again.
   *
   * @throws {@link Problem} `not-found`, `precondition-failed`.
   */
  async write(write: DocumentWrite): Promise<StoredDocument> {
    for (;;) {
      const row = withCheck('documents', rowAfter(await this.#last(write), write));
      const { numInsertedOrUpdatedRows } = await this.#db
        .insertInto('documents')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 1n) return stored(row);
    }
  }

  #last({ collection, key }: DocumentWrite): Promise<Pick<DocumentRow, 'version' | 'value'>> {
    const last = this.#versions(collection, key).orderBy('version', 'desc').limit(1);
    return last.executeTakeFirst().then((row) => row ?? { version: 0, value: null });
  }

  #versions(collection: string, key: string) {
    return this.#db
      .selectFrom('documents')
      .selectAll()
      .where('collection', '=', collection)
      .where('key', '=', key);
  }

  #intact(rows: readonly DocumentRow[]): readonly DocumentRow[] {
    return intactRows('documents', rows, this.#report);
  }
}

function rowAfter(last: Pick<DocumentRow, 'version' | 'value'>, write: DocumentWrite) {
  const { collection, key, author, time, value, ifVersion } = write;
  if (value === null && last.value === null) {
    throw new Problem('not-found', `there is no '${key}' in '${collection}'`);
  }
  const isSeen = ifVersion === last.version || (ifVersion === 0 && last.value === null);
  if (ifVersion !== undefined && !isSeen) {
    throw new Problem(
      'precondition-failed',
      `'${key}' in '${collection}' is at version ${last.version}, not ${ifVersion}`,
    );
  }
  return { collection, key, version: last.version + 1, author, time, value };
}

function stored({ collection, key, version, author, time, value }: DocumentRow): StoredDocument {
  return {
    collection,
    key,
    version,
    author,
    time,
    value: value === null ? undefined : JSON.parse(value),
  };
}
