import type {
  JsonObject,
  JsonValue,
  RegisteredEntry,
  StoredDocument,
  ThingId,
} from '@thingtalk/core';
import type { RegisteredDocument } from './read-document.ts';

/** Where Thing Descriptions that were registered by hand are stored, by their ids. */
export const registeredCollection = 'registered-things';

/** What is stored of one. */
interface StoredThing {
  readonly td: JsonObject;
  readonly created: number;
  readonly ttl?: number;
  readonly expires?: number;
}

/** What to store of a document that is registered now, or was when `created` says. */
export function storedThing(document: RegisteredDocument, created: number): JsonValue {
  const { td, ttl, expires } = document;
  return {
    td,
    created,
    ...(ttl !== undefined && { ttl }),
    ...(expires !== undefined && { expires }),
  };
}

/** The entry that a stored document stands for. */
export function registeredEntry(
  document: Pick<StoredDocument, 'key' | 'value' | 'version' | 'time'>,
): RegisteredEntry {
  const { td, created, ttl, expires } = document.value as unknown as StoredThing;
  return {
    kind: 'registered',
    id: document.key as ThingId,
    json: JSON.stringify(td),
    version: document.version,
    created,
    modified: document.time,
    ttl,
    expires,
  };
}

/** The Thing Description of an entry as its author may patch it: with how long it is to last. */
export function patchable({ json, ttl, expires }: RegisteredEntry): JsonObject {
  const td = JSON.parse(json) as JsonObject;
  if (ttl !== undefined) return { ...td, registration: { ttl } };
  return expires === undefined
    ? td
    : { ...td, registration: { expires: new Date(expires).toISOString() } };
}
