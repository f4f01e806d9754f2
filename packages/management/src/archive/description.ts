import {
  type BusEntry,
  type EntryHistory,
  isJsonObject,
  type JsonObject,
  type ShapeCache,
  type StoredDocument,
  type ThingDescription,
  type ThingId,
  type ThingRecord,
} from '@thingtalk/core';

/** Where what the Things of one bus say of themselves is kept, by their ids: gateways that share a store may have several. */
export function descriptionsCollection(bus: string): string {
  return `descriptions of ${bus}`;
}

/** What is kept of one. */
export interface Description extends EntryHistory {
  readonly level: string;
  /** Whether it answers requests. */
  readonly answers: boolean;
  readonly td: JsonObject;
}

/** Reads a stored description; `undefined` when it is none. Those of programs that kept no history have that of their document. */
export function readDescription(
  document: Pick<StoredDocument, 'value' | 'time' | 'version'>,
): Description | undefined {
  const { value, time, version } = document;
  if (!isJsonObject(value) || typeof value.level !== 'string' || !isJsonObject(value.td)) {
    return undefined;
  }
  const { level, answers, td } = value;
  const number = (name: string, other: number) => {
    const said = value[name];
    return typeof said === 'number' ? said : other;
  };
  return {
    level,
    answers: answers === true,
    td,
    created: number('created', time),
    modified: number('modified', time),
    version: number('version', version),
  };
}

/** What to keep of a Thing. */
export function descriptionOf({ level, answers, td }: ThingRecord, history: EntryHistory) {
  const { created, modified, version } = history;
  return { level, answers, td: td as unknown as JsonObject, created, modified, version };
}

/** The entry that a description was in the directory. */
export function describedEntry(
  id: ThingId,
  { level, td, created, modified, version }: Description,
  shapes: ShapeCache,
): BusEntry {
  const { head, shape } = shapes.split(td as unknown as ThingDescription);
  return { kind: 'bus', id, level, head, shape, created, modified, version };
}

/** The JSON text of a Thing's description, put together without being parsed. */
export function textOf({ head, shape }: Pick<ThingRecord, 'head' | 'shape'>): string {
  if (head === '{}') return shape.affordances;
  if (shape.affordances === '{}') return head;
  return `${head.slice(0, -1)},${shape.affordances.slice(1)}`;
}
