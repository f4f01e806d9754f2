import type { StoredText } from '@thingtalk/core';
import type { DocumentRow } from '../schema/tables.ts';
import type { LivingRow } from './documents.ts';

/** A document of a list on its way to another thread: what stands on disk as JSON stays as it is. */
export interface DocumentText {
  /** All but its value, as JSON. */
  readonly head: string;
  readonly text: string;
}

/** Documents of one collection on their way to another thread, where texts are what is soonest. */
export interface ListText {
  readonly heads: string;
  readonly texts: readonly string[];
}

/** What is said of a document beside its value. */
type Head = readonly [key: string, version: number, author: string, time: number, place: number];

/** Whether a version is no deletion. */
export const isLiving = (row: DocumentRow): row is LivingRow => row.value !== null;

/** A row as it travels. */
export function documentText(row: Omit<LivingRow, 'crc'>): DocumentText {
  const { key, version, author, time, place, value } = row;
  const head = `[${JSON.stringify(key)},${version},${JSON.stringify(author)},${time},${place}]`;
  return { head, text: value };
}

/** A list as it travels. */
export function listText(documents: readonly DocumentText[]): ListText {
  const heads = documents.map(({ head }) => head);
  return { heads: `[${heads.join(',')}]`, texts: documents.map(({ text }) => text) };
}

/** Reads a list that travelled. */
export function readList(collection: string, { heads, texts }: ListText): readonly StoredText[] {
  const read: readonly Head[] = JSON.parse(heads);
  return read.map(([key, version, author, time, place], n) => {
    return { collection, key, version, author, time, place, text: texts[n] ?? 'null' };
  });
}
