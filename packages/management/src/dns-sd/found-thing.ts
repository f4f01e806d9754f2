import { createHash } from 'node:crypto';
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  Problem,
  parseThingDescription,
  type ThingDescription,
  ThingId,
} from '@thingtalk/core';

/** A Thing Description that was found. */
export interface FoundThing {
  readonly id: ThingId;
  readonly title: string;
  /** The Thing Description as JSON text: as it was given, except that it has an id and a base, to be understood anywhere. */
  readonly json: string;
  /** Where it was fetched from. */
  readonly href: string;
}

/**
 * Reads a Thing Description that was found.
 *
 * @param href where it is.
 * @throws {@link Problem} `td-invalid`.
 */
export function readFoundThing(document: JsonValue, href: string): FoundThing {
  if (!isJsonObject(document)) throw new Problem('td-invalid', `${href} gave no Thing Description`);
  // What another directory says of its own registration is not for ours.
  const { registration: _, ...td } = document;
  const whole: JsonObject = {
    ...td,
    id: td.id ?? uuidOfUrl(href),
    // Where relative addresses begin, unless it says so itself (WoT TD 1.1, 5.3.4.2).
    base: td.base ?? href,
  };
  const { id, title }: ThingDescription = parseThingDescription(whole);
  return { id: ThingId(id), title, json: JSON.stringify(whole), href };
}

/** The namespace of URLs (RFC 9562, 6.6). */
const urlNamespace = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');

/** An id for what has none, the same whenever it is found at this address: a UUID of version 5. */
function uuidOfUrl(url: string): string {
  const bytes = createHash('sha1').update(urlNamespace).update(url).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `urn:uuid:${hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')}`;
}
