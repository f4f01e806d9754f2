import type { DatabaseSync } from 'node:sqlite';
import { compareCodePoints, type ListOptions } from '@thingtalk/core';
import { documentText, isLiving, type ListText, listText } from '../documents/document-texts.ts';
import type { LivingRow } from '../documents/documents.ts';
import type { DamageReport } from '../schema/damage.ts';
import { columnsOf } from '../schema/statements.ts';
import { cellCheck, type DocumentRow } from '../schema/tables.ts';

/**
 * The newest documents as they were read when the database was looked through: who lists them next reads nothing again.
 *
 * Each collection is kept until it was listed to its end, and all of them until something is written.
 */
export class FirstLook {
  readonly #collections = new Map<string, LivingRow[]>();
  readonly #listed = new Set<string>();
  #place: number | undefined = 0;

  /**
   * Looks through all documents.
   *
   * @param report told of each row that fails its check: it is left out.
   */
  static at(db: DatabaseSync, report: DamageReport): FirstLook {
    const look = new FirstLook();
    const isIntact = cellCheck('documents');
    let last: DocumentRow | undefined;
    for (const cells of readAll(db)) {
      const row = documentOf(cells);
      look.#place = Math.max(look.#place ?? 0, row.place);
      if (!isIntact(cells)) report('documents', row);
      else if (last === undefined || isSame(last, row)) last = row;
      else {
        look.#keep(last);
        last = row;
      }
    }
    if (last !== undefined) look.#keep(last);
    return look;
  }

  /** A list of documents as it travels; `undefined` when it has to be read. */
  list(collection: string, { after, limit }: ListOptions): ListText | undefined {
    if (this.#place === undefined || this.#listed.has(collection)) return undefined;
    const kept = this.#collections.get(collection) ?? [];
    const first = after === undefined ? 0 : placeAfter(kept, after);
    const found = kept.slice(first, limit === undefined ? undefined : first + limit);
    if (first + found.length === kept.length) {
      this.#collections.delete(collection);
      this.#listed.add(collection);
    }
    return listText(found.map(documentText));
  }

  /** Something is written: it is no more as it was. */
  end(): void {
    this.#collections.clear();
    this.#place = undefined;
  }

  /** The highest place of a document; `undefined` when it has to be read. */
  get place(): number | undefined {
    return this.#place;
  }

  #keep(row: DocumentRow): void {
    if (!isLiving(row)) return;
    const all = this.#collections.get(row.collection);
    if (all === undefined) this.#collections.set(row.collection, [row]);
    else all.push(row);
  }
}

function readAll(db: DatabaseSync): Iterable<readonly unknown[]> {
  const columns = columnsOf('documents').join(', ');
  const rows = db.prepare(`select ${columns} from documents order by collection, key, version`);
  rows.setReturnArrays(true);
  return rows.iterate() as unknown as Iterable<readonly unknown[]>;
}

const documentOf = (cells: readonly unknown[]): DocumentRow => {
  const [collection, key, version, author, time, value, crc, place] = cells;
  return { collection, key, version, author, time, value, crc, place } as DocumentRow;
};

function isSame(one: DocumentRow, other: DocumentRow): boolean {
  return one.key === other.key && one.collection === other.collection;
}

/** Where the first key after `key` stands: they are in order. */
function placeAfter(kept: readonly LivingRow[], key: string): number {
  let [low, high] = [0, kept.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = kept[middle];
    if (other !== undefined && compareCodePoints(other.key, key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
