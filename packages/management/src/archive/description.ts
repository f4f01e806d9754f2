import {
  type BusEntry,
  type EntryHistory,
  isJsonObject,
  type JsonObject,
  type ShapeCache,
  type StoredDocument,
  type StoredText,
  type ThingDescription,
  type ThingId,
  type ThingRecord,
} from '@thingtalk/core';

/** Where what the Things of one bus say of themselves is kept, by their ids: gateways that share a store may have several. */
export function descriptionsCollection(bus: string): string {
  return `descriptions of ${bus}`;
}

/** What is kept of one beside its own words. */
interface DescriptionHead extends EntryHistory {
  readonly level: string;
  /** Whether it answers requests. */
  readonly answers: boolean;
}

/** What is kept of one. */
export interface Description extends DescriptionHead {
  readonly td: JsonObject;
}

/** The same with its own words as the JSON text that they were stored as. */
export interface DescriptionText extends DescriptionHead {
  readonly text: string;
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

/** What {@link descriptionOf} puts before the Thing's own words; other programs had these in the middle. */
const head =
  /^\{"level":("(?:[^"\\]|\\.)*"),"answers":(true|false),"created":(\d+),"modified":(\d+),"version":(\d+),"td":(?=\{)/;

/** As {@link readDescription}; the Thing's own words are cut out of the text unread. */
export function readDescriptionText(document: StoredText): DescriptionText | undefined {
  const { text, ...unread } = document;
  const [before, level, answers, ...numbers] = head.exec(text) ?? [];
  if (before !== undefined && level !== undefined) {
    const [created = 0, modified = 0, version = 0] = numbers.map(Number);
    const history = { created, modified, version };
    const own = text.slice(before.length, -1);
    return { level: JSON.parse(level), answers: answers === 'true', ...history, text: own };
  }
  const description = readDescription({ ...unread, value: JSON.parse(text) });
  if (description === undefined) return undefined;
  const { td, ...rest } = description;
  return { ...rest, text: JSON.stringify(td) };
}

/** What to keep of a Thing, its own words last: so {@link readDescriptionText} finds them. */
export function descriptionOf({ level, answers, td }: ThingRecord, history: EntryHistory) {
  const { created, modified, version } = history;
  return { level, answers, created, modified, version, td: td as unknown as JsonObject };
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
