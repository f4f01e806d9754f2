import type { JsonValue, Store, StoredChange, StoredDocument, StoredText } from '@thingtalk/core';
import { isJsonObject } from '@thingtalk/core';
import type { SealedPlace, Sealer } from './sealer.ts';

/** Most documents that are sealed again at once. */
const pageSize = 100;

/**
 * A store that keeps the values of some collections sealed, as `{"sealed": "tts1..."}`; keys, authors and times stay readable.
 *
 * A value of such a collection that is not sealed is refused: it did not come through here. Old versions whose key is no longer
 * here are as good as gone, and left out. Disposing of it disposes of `store`.
 *
 * @param collections which collections hold secrets.
 */
export function sealedStore(store: Store, sealer: Sealer, collections: Iterable<string>): Store {
  const sealedOnes = new Set(collections);
  const seal = (value: JsonValue, place: SealedPlace): JsonValue =>
    sealedOnes.has(place.collection)
      ? { sealed: sealer.seal(JSON.stringify(value), place) }
      : value;
  const open = (value: JsonValue, place: SealedPlace): JsonValue =>
    sealedOnes.has(place.collection) ? JSON.parse(sealer.open(sealedText(value), place)) : value;
  const opened = <D extends StoredDocument>(document: D): D =>
    document.value === undefined
      ? document
      : { ...document, value: open(document.value, document) };
  const openedText = (document: StoredText): StoredText =>
    sealedOnes.has(document.collection)
      ? { ...document, text: sealer.open(sealedText(JSON.parse(document.text)), document) }
      : document;
  const isGone = (value: JsonValue | undefined, { collection }: Pick<SealedPlace, 'collection'>) =>
    value !== undefined && sealedOnes.has(collection) && wasSealedByLostKey(sealer, value);
  const openedChange = (change: StoredChange): StoredChange => {
    const { before } = change;
    if (isGone(before?.value, change)) return { ...opened(change), before: undefined, isCut: true };
    return {
      ...opened(change),
      before: before && { ...before, value: open(before.value, change) },
    };
  };

  return {
    async get(collection, key) {
      const document = await store.get(collection, key);
      return document && opened(document);
    },
    async put(collection, key, value, options) {
      return opened(await store.put(collection, key, seal(value, { collection, key }), options));
    },
    delete: (collection, key, options) => store.delete(collection, key, options),
    writeAll: (writes) =>
      store.writeAll(
        writes.map((write) =>
          write.value === undefined ? write : { ...write, value: seal(write.value, write) },
        ),
      ),
    list: async (collection, options) => (await store.list(collection, options)).map(opened),
    listTexts: async (collection, options) =>
      (await store.listTexts(collection, options)).map(openedText),
    async versions(collection, key) {
      const versions = await store.versions(collection, key);
      const newest = versions.at(-1);
      return versions.filter((one) => one === newest || !isGone(one.value, one)).map(opened);
    },
    changes: async (wanted) => (await store.changes(wanted)).map(openedChange),
    place: () => store.place(),
    watch: (listener) => store.watch(listener),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** What has to be sealed again. */
export interface Resealing {
  /** The store as it is underneath, not the sealed one. */
  readonly store: Store;
  readonly sealer: Sealer;
  readonly collections: readonly string[];
  readonly author: string;
  /** Called after each document that was sealed again. */
  readonly onSealed?: () => void;
}

/**
 * Seals with the current key what another one sealed, so that the other can be thrown away. Old versions stay as they were.
 *
 * What somebody writes meanwhile is sealed with the current key anyway, and stays.
 *
 * @returns how many documents it sealed again.
 * @throws {@link Problem} `seal-broken` for a record that does not open.
 */
export async function reseal(work: Resealing): Promise<number> {
  const { store, collections, onSealed = () => {} } = work;
  let count = 0;
  for (const collection of collections) {
    for await (const document of documentsOf(store, collection)) {
      if (!(await resealOne(document, work))) continue;
      count++;
      onSealed();
    }
  }
  return count;
}

/** A collection's documents, read in pages. */
async function* documentsOf(store: Store, collection: string): AsyncGenerator<StoredDocument> {
  let page = await store.list(collection, { limit: pageSize });
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    yield* page;
    page = await store.list(collection, { after: last.key, limit: pageSize });
  }
}

async function resealOne(
  document: StoredDocument,
  { store, sealer, author }: Pick<Resealing, 'store' | 'sealer' | 'author'>,
): Promise<boolean> {
  const { collection, key, version, value } = document;
  const text = sealedText(value);
  if (sealer.isCurrent(text)) return false;
  const sealed = sealer.seal(sealer.open(text, document), document);
  try {
    await store.put(collection, key, { sealed }, { author, ifVersion: version });
    return true;
  } catch (error) {
    if ((error as Error).name === 'precondition-failed') return false;
    throw error;
  }
}

function wasSealedByLostKey(sealer: Sealer, value: JsonValue): boolean {
  const text = sealedText(value);
  return text.startsWith('tts1.') && !sealer.hasKeyOf(text);
}

/** The sealed text in a stored value; for what is not sealed one that never opens. */
function sealedText(value: JsonValue | undefined): string {
  return isJsonObject(value) && typeof value.sealed === 'string' ? value.sealed : '';
}
