import {
  compareCodePoints,
  type DirectoryEntry,
  Problem,
  type RouteReply,
  type RouteRequest,
  type ThingDirectory,
} from '@thingtalk/core';
import { discoveryContext, type EntryRenderer } from '../td/served-entry.ts';
import { isKnown } from './conditions.ts';
import { notModified } from './replies.ts';
import { TextBytes } from './text-bytes.ts';

/** How many renderings of the whole list are kept, one for each base that clients use. */
const maxListings = 4;

/** Most Thing Descriptions on a page. */
const maxLimit = 1_000;

/** What a {@link DirectoryListing} works with. */
export interface ListingParts {
  readonly directory: ThingDirectory;
  /** Tells the versions of this list from those of every other. */
  readonly tag: string;
  readonly entries: EntryRenderer;
  /** Path of the list: `/things`. */
  readonly mount: string;
}

/** Which part of the list a client wants, and in which form. */
interface Wanted {
  readonly limit: number | undefined;
  readonly offset: number;
  /** The page begins after this id, wherever that stands by now. */
  readonly after: string | undefined;
  readonly format: 'array' | 'collection';
}

/**
 * The list of all Thing Descriptions: rendered once after a change, then the same bytes for everybody; or page by page.
 *
 * @see {@link https://www.w3.org/TR/wot-discovery/#exploration-directory-api-things-listing | WoT Discovery, 7.3.2.1.5}
 */
export class DirectoryListing {
  readonly #with: ListingParts;
  readonly #bytes = new Map<string, Buffer>();
  #rendered = -1;

  constructor(parts: ListingParts) {
    this.#with = parts;
  }

  reply(request: RouteRequest): RouteReply {
    const wanted = readWanted(request.query);
    const etag = `"${this.#with.tag}-${this.#with.directory.revision}"`;
    if (isKnown(request.headers, etag)) return notModified(etag);
    const headers = { 'content-type': 'application/ld+json', 'cache-control': 'no-cache', etag };
    if (wanted === undefined) return { status: 200, headers, body: this.whole(request.base) };
    const page = this.#page(wanted);
    return {
      status: 200,
      headers: { ...headers, link: this.#links(wanted, page) },
      body: this.#render(wanted, page, request.base),
    };
  }

  /** JSON text of the array of all Thing Descriptions, as UTF-8. */
  whole(base: string): Buffer {
    const { directory, entries } = this.#with;
    if (this.#rendered !== directory.revision) this.#bytes.clear();
    this.#rendered = directory.revision;
    const known = this.#bytes.get(base);
    if (known !== undefined) return known;
    const bytes = arrayOf(directory.list(), (entry) => entries.render(entry, base));
    if (this.#bytes.size >= maxListings) this.#bytes.clear();
    this.#bytes.set(base, bytes);
    return bytes;
  }

  #page({ limit, offset, after }: Wanted): Page {
    const all = this.#with.directory.list();
    const start = after === undefined ? Math.min(offset, all.length) : countUpTo(all, after);
    const entries = all.slice(start, limit === undefined ? undefined : start + limit);
    return { start, entries, total: all.length };
  }

  #links(wanted: Wanted, page: Page): string {
    const { directory, mount, tag } = this.#with;
    const etag = `${tag}-${directory.membership}`;
    const canonical = `<${mount}>; rel="canonical"; etag="${etag}"`;
    const next = this.#next(wanted, page);
    return next === undefined ? canonical : `<${next}>; rel="next", ${canonical}`;
  }

  /** Beside its offset the next page names the id it comes after, so that nothing is missed when others come and go. */
  #next(wanted: Wanted, { start, entries, total }: Page): string | undefined {
    const end = start + entries.length;
    const last = entries.at(-1);
    if (end >= total || last === undefined) return undefined;
    return this.#address(wanted, end, last.id);
  }

  #address({ limit, format }: Wanted, offset: number, after: string | undefined): string {
    const query = new URLSearchParams({ offset: String(offset) });
    if (limit !== undefined) query.set('limit', String(limit));
    if (after !== undefined) query.set('after', after);
    if (format === 'collection') query.set('format', format);
    return `${this.#with.mount}?${query}`;
  }

  #render(wanted: Wanted, page: Page, base: string): string {
    const tds = page.entries.map((entry) => this.#with.entries.render(entry, base));
    const members = `[${tds.join(',')}]`;
    if (wanted.format === 'array') return members;
    const next = this.#next(wanted, page);
    const head = JSON.stringify({
      '@context': discoveryContext,
      '@type': 'ThingCollection',
      '@id': this.#address(wanted, page.start, wanted.after),
      total: page.total,
      ...(next !== undefined && { next }),
    });
    return `${head.slice(0, -1)},"members":${members}}`;
  }
}

/** How many entries tell how long all will be. */
const sampled = 100;

/** The JSON array of what is rendered, as UTF-8. */
function arrayOf<T>(entries: readonly T[], render: (entry: T) => string): Buffer {
  const sample = entries.slice(0, sampled).map(render);
  const average = sample.join('').length / Math.max(1, sample.length);
  const text = new TextBytes(Math.ceil(1.1 * average * entries.length) + 2);
  let separator = '[';
  for (const [n, entry] of entries.entries()) {
    text.add(separator);
    text.add(sample[n] ?? render(entry));
    separator = ',';
  }
  text.add(entries.length === 0 ? '[]' : ']');
  return text.bytes;
}

interface Page {
  readonly start: number;
  readonly entries: readonly DirectoryEntry[];
  /** How many there are in all. */
  readonly total: number;
}

/** How many entries stand up to and with an id, whether it is there or not. */
function countUpTo(entries: readonly DirectoryEntry[], id: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry !== undefined && compareCodePoints(entry.id, id) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @returns `undefined` when the whole list is wanted, as an array. */
function readWanted(query: RouteRequest['query']): Wanted | undefined {
  const format = one(query, 'format') ?? 'array';
  if (format !== 'array' && format !== 'collection') {
    throw new Problem('bad-request', `format '${format}' is neither array nor collection`);
  }
  if (query.sort_by !== undefined || query.sort_order !== undefined) {
    throw new Problem(
      'not-implemented',
      'the list is sorted by id; sort_by and sort_order are not offered',
    );
  }
  const limit = whole(query, 'limit', 1);
  const offset = whole(query, 'offset', 0);
  const after = one(query, 'after');
  if (format === 'array' && limit === undefined && offset === undefined && after === undefined) {
    return undefined;
  }
  return {
    limit: limit && Math.min(limit, maxLimit),
    offset: offset ?? 0,
    after,
    format,
  };
}

function whole(query: RouteRequest['query'], name: string, least: number): number | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && value >= least) return value;
  throw new Problem('bad-request', `${name} '${text}' is not a whole number from ${least}`);
}

function one(query: RouteRequest['query'], name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new Problem('bad-request', `'${name}' is given more than once`);
}
