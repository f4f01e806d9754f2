import {
  type DirectoryEntry,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type RegisteredEntry,
  type StoredMetadata,
} from '@thingtalk/core';
import type { TdAdditions, TdRenderer } from './served-td.ts';

/** The context of `registration` and of collections. */
export const discoveryContext = 'https://www.w3.org/2022/wot/discovery';

/** The context of what users add to Things: `thingtalk:tags`, `thingtalk:notes`. */
const userContext: JsonObject = { thingtalk: 'urn:thingtalk:vocabulary:' };

/**
 * Renders what a directory holds: Thing Descriptions with their registration, and with what users added.
 *
 * @see {@link https://www.w3.org/TR/wot-discovery/#exploration-directory-registration-information | WoT Discovery, 7.3.1.1}
 */
export class EntryRenderer {
  readonly #renderer: TdRenderer;
  /** Registered ones do not depend on the base: rendered once. */
  readonly #registered = new WeakMap<RegisteredEntry, string>();

  constructor(renderer: TdRenderer) {
    this.#renderer = renderer;
  }

  /** @param base scheme and authority as the client knows them. */
  render(entry: DirectoryEntry, base: string): string {
    if (entry.kind === 'bus') return this.#renderer.render(entry, base, additions(entry));
    const known = this.#registered.get(entry);
    if (known !== undefined) return known;
    const text = enriched(entry, additions(entry));
    this.#registered.set(entry, text);
    return text;
  }

  /** As {@link render}, and says when: what a client without a clock needs to make sense of the other times. */
  renderRetrieved(entry: DirectoryEntry, base: string, now: number): string {
    const added = additions(entry, now);
    return entry.kind === 'bus'
      ? this.#renderer.render(entry, base, added)
      : enriched(entry, added);
  }
}

/**
 * The ETag of an entry. It stays when only `retrieved` moves on: who holds the description holds it still.
 *
 * The time is in it because the versions of a Thing on the bus begin anew with each start of the gateway.
 */
export function entryTag({ modified, version, metadata }: DirectoryEntry): string {
  return `"${modified.toString(36)}-${version}${metadata ? `-${metadata.version}` : ''}"`;
}

/** The ETag of what users added. */
export function metadataTag(metadata: StoredMetadata | undefined): string {
  return `"${metadata?.version ?? 0}"`;
}

function additions(entry: DirectoryEntry, retrieved?: number): TdAdditions {
  const { title, tags, notes } = entry.metadata?.value ?? {};
  const hasTerms = tags !== undefined || notes !== undefined;
  return {
    contexts: hasTerms ? [discoveryContext, userContext] : [discoveryContext],
    members: {
      ...(title !== undefined && { title }),
      ...(tags !== undefined && { 'thingtalk:tags': tags }),
      ...(notes !== undefined && { 'thingtalk:notes': notes }),
      registration: registration(entry, retrieved),
    },
  };
}

function registration(entry: DirectoryEntry, retrieved: number | undefined): JsonObject {
  const { expires, ttl } = entry.kind === 'registered' ? entry : {};
  return {
    created: time(entry.created),
    modified: time(entry.modified),
    ...(expires !== undefined && { expires: time(expires) }),
    ...(ttl !== undefined && { ttl }),
    ...(retrieved !== undefined && { retrieved: time(retrieved) }),
  };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

function enriched({ json }: RegisteredEntry, { contexts, members }: TdAdditions): string {
  const { '@context': context, ...td } = JSON.parse(json) as JsonObject;
  return JSON.stringify({ '@context': withContexts(context, contexts), ...td, ...members });
}

function withContexts(own: JsonValue | undefined, added: readonly JsonValue[]): JsonValue {
  const contexts = [own ?? []].flat() as readonly JsonValue[];
  // JSON-LD lets later contexts win: what is ours must stand last where a client's has the same term.
  return [...contexts, ...added.filter((one) => isJsonObject(one) || !contexts.includes(one))];
}
