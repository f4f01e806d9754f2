import type { JsonValue, StoredDocument } from '@thingtalk/core';
import type { LivingRow } from './documents.ts';

/** A document as it stands in the text of a list. */
type Listed = readonly [
  key: string,
  version: number,
  author: string,
  time: number,
  place: number,
  value: JsonValue,
];

/** A document as text for a list: what is JSON on disk stays so, for a text is what is soonest in another thread. */
export function documentText(row: Omit<LivingRow, 'crc'>): string {
  const { key, version, author, time, place, value } = row;
  const [name, writer] = [JSON.stringify(key), JSON.stringify(author)];
  return `[${name},${version},${writer},${time},${place},${value}]`;
}

/** The text of a list. */
export function listText(documents: readonly string[]): string {
  return `[${documents.join(',')}]`;
}

/** Reads a list that travelled as one text. */
export function readList(collection: string, text: string): readonly StoredDocument[] {
  const listed: readonly Listed[] = JSON.parse(text);
  return listed.map(([key, version, author, time, place, value]) => {
    return { collection, key, version, author, time, place, value };
  });
}
