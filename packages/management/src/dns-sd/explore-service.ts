import {
  isJsonObject,
  type JsonLimits,
  type JsonObject,
  type JsonValue,
  type Logger,
  tdLimits,
} from '@thingtalk/core';
import { type FoundThing, readFoundThing } from './found-thing.ts';
import { type Allowance, type Retrieved, retrieveJson } from './retrieve.ts';
import type { WotService } from './wot-service.ts';

/** How a service is explored. */
export interface ExploreOptions {
  /** Gives up when it aborts; what was found until then stands. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** How many bytes may be read. */
  readonly allowance: Allowance;
}

/** How much of one directory is read. */
export const directoryLimits = { pages: 20, things: 1_000, pageBytes: 4 * 1024 * 1024 } as const;

/** How many Thing Descriptions are asked for at once. */
const pageSize = 100;

const tdBytes = 1024 * 1024;
const pageLimits: JsonLimits = { ...tdLimits, members: tdLimits.members * pageSize };

/**
 * Reads the Thing Description of a service and, of a directory, those it lists.
 *
 * Whatever is wrong with one of them is logged and left out.
 *
 * @see {@link https://www.w3.org/TR/wot-discovery/#exploration-mech | WoT Discovery, 7}
 */
export async function* exploreService(
  service: WotService,
  options: ExploreOptions,
): AsyncGenerator<FoundThing> {
  const leaveOut = (err: unknown, href: string) =>
    options.logger.debug(
      { err, href, service: service.name },
      'not offered: its description is no good',
    );
  try {
    const { url } = service;
    const { document } = await get(service, url, options);
    yield* readAll([[document, url.href]], leaveOut);
    if (service.type !== 'Directory') return;
    let left: number = directoryLimits.things;
    for await (const page of pages(service, document, options)) {
      const listed = page.slice(0, left);
      left -= listed.length;
      yield* readAll(
        listed.map((td) => [td, new URL(`/things/${segmentOf(td)}`, url).href]),
        leaveOut,
      );
      if (left === 0) return;
    }
  } catch (err) {
    leaveOut(err, service.url.href);
  }
}

function* readAll(
  documents: readonly (readonly [document: JsonValue, href: string])[],
  leaveOut: (err: unknown, href: string) => void,
): Generator<FoundThing> {
  for (const [document, href] of documents) {
    try {
      yield readFoundThing(document, href);
    } catch (err) {
      leaveOut(err, href);
    }
  }
}

/** The pages of a directory's list, all from the place that announced it. */
async function* pages(
  service: WotService,
  directory: JsonValue,
  options: ExploreOptions,
): AsyncGenerator<readonly JsonValue[]> {
  let page: URL | undefined = listUrl(service, directory);
  for (let count = 0; page !== undefined && count < directoryLimits.pages; count++) {
    const { document, link }: Retrieved = await get(service, page, options);
    const members = isJsonObject(document) ? document.members : document;
    if (!Array.isArray(members)) return;
    yield members;
    page = nextPage(link, page);
  }
}

function get(
  service: WotService,
  url: URL,
  { signal, allowance }: ExploreOptions,
): Promise<Retrieved> {
  const isTd = url === service.url;
  return retrieveJson({
    url,
    host: service.host,
    signal,
    allowance,
    maxBytes: isTd ? tdBytes : directoryLimits.pageBytes,
    limits: isTd ? tdLimits : pageLimits,
  });
}

/** Where the list is: at `/things`, unless the directory's property of that name says otherwise (WoT Discovery, 7.3.2.1). */
function listUrl({ url }: WotService, directory: JsonValue): URL {
  const said = URL.parse(listHref(directory) ?? '/things', url);
  const list = said?.origin === url.origin ? said : new URL('/things', url);
  list.searchParams.set('limit', String(pageSize));
  return list;
}

function listHref(directory: JsonValue): string | undefined {
  const { things } = membersOf(membersOf(directory).properties);
  const { type, forms } = membersOf(things);
  if (type !== 'array' || !Array.isArray(forms)) return undefined;
  const { href } = membersOf(forms[0]);
  // The variables of its template are for those who want less than all.
  return typeof href === 'string' ? href.split('{', 1)[0] : undefined;
}

function membersOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function segmentOf(td: JsonValue): string {
  const { id } = membersOf(td);
  return typeof id === 'string' ? encodeURIComponent(id.toWellFormed()) : '';
}

/** The address under `rel="next"` of a Link header (RFC 8288); one elsewhere is not followed. */
function nextPage(link: string | undefined, page: URL): URL | undefined {
  for (const part of link?.split(/,(?=\s*<)/) ?? []) {
    const [, href, params = ''] = /^\s*<([^>]*)>(.*)$/.exec(part) ?? [];
    if (href === undefined || !/;\s*rel="?next"?/i.test(params)) continue;
    const next = URL.parse(href, page);
    return next?.origin === page.origin ? next : undefined;
  }
  return undefined;
}
