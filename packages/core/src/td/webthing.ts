import { isJsonObject, type JsonObject, type JsonValue } from '../data/json.ts';
import { show } from '../data/show.ts';
import { Problem } from '../problem/problem.ts';
import { mapped } from './defaults.ts';
import { parseThingDescription } from './parse.ts';
import type { ThingDescription } from './thing-description.ts';
import { ThingId } from './thing-id.ts';

/** The one context of a document in the WebThings dialect. */
export const webThingContext = 'https://webthings.io/schemas';

/** Where a Thing is served in the WebThings dialect. */
export interface WebThingOptions {
  /** Path of the Thing, without a closing slash: `/webthings/urn:dev:ops:my-lamp-1234`. */
  readonly href: string;
  /** Absolute address of its WebSocket: `ws://127.0.0.1:8080/webthings/urn:dev:ops:my-lamp-1234`. */
  readonly wsHref: string;
  /** Absolute address that `href` is relative to; left out of the document when not given. */
  readonly base?: string;
}

/**
 * Writes a Thing Description in the WebThings dialect: links instead of forms, the schema of an event's data in the event itself.
 *
 * @see {@link https://webthings.io/api/ | Web Thing API}
 */
export function toWebThing(td: ThingDescription, options: WebThingOptions): JsonObject {
  const document = td as unknown as JsonObject;
  const { '@context': _, links, forms, base, security, securityDefinitions, ...own } = document;
  const path = (kind: string) => `${options.href}/${kind}`;
  return {
    ...own,
    '@context': webThingContext,
    ...(options.base !== undefined && { base: options.base }),
    ...securityOf(security, securityDefinitions),
    ...linked(document, 'properties', 'property', path('properties'), withoutDefaults),
    ...linked(document, 'actions', 'action', path('actions'), withoutDefaults),
    ...linked(document, 'events', 'event', path('events'), flatEvent),
    links: [
      { rel: 'properties', href: path('properties') },
      { rel: 'actions', href: path('actions') },
      { rel: 'events', href: path('events') },
      { rel: 'alternate', href: options.wsHref },
      ...(Array.isArray(links) ? links : []),
    ],
  };
}

/** The dialect knows one scheme by name, not a list. */
function securityOf(security: JsonValue = [], definitions: JsonValue = {}): JsonObject {
  const [name] = [security].flat();
  return typeof name === 'string'
    ? { security: name, securityDefinitions: definitions }
    : { security: 'nosec_sc', securityDefinitions: { nosec_sc: { scheme: 'nosec' } } };
}

/** Affordances with exactly one link each; always there, since old clients read the member without asking for it. */
function linked(
  document: JsonObject,
  kind: string,
  rel: string,
  path: string,
  change: (affordance: JsonObject) => JsonObject,
): JsonObject {
  const entries = Object.entries((document[kind] ?? {}) as Record<string, JsonObject>);
  const changed = entries.map(([name, { forms, ...affordance }]) => {
    const href = `${path}/${encodeURIComponent(name)}`;
    return [name, { ...change(affordance), links: [{ rel, href }] }] as const;
  });
  return { [kind]: Object.fromEntries(changed) };
}

const defaults = ['readOnly', 'writeOnly', 'observable', 'safe', 'idempotent', 'synchronous'];

function withoutDefaults(affordance: JsonObject): JsonObject {
  const said = Object.entries(affordance).filter(
    ([term, value]) => value !== false || !defaults.includes(term),
  );
  return Object.fromEntries(said);
}

function flatEvent({ data, ...event }: JsonObject): JsonObject {
  return { ...(isJsonObject(data) && data), ...event };
}

/**
 * Reads a document of the WebThings dialect, new or old (`https://iot.mozilla.org/schemas`, `name` for `title`, `min` for
 * `minimum`), as a Thing Description. It has no forms: the dialect's messages are not what forms would promise.
 *
 * @param id the Thing's id, where the document has none
 * @throws {@link Problem} `td-invalid`; an event's schema is named as its `data`.
 */
export function fromWebThing(document: JsonValue, id?: ThingId): ThingDescription {
  if (!isJsonObject(document))
    throw new Problem('td-invalid', `${show(document)} is not a description of a Web Thing`);
  const { '@context': _, name, type, href, base, links, title = name, ...rest } = document;
  const td: JsonObject = {
    ...rest,
    ...(title !== undefined && { title }),
    ...ownLinks(links),
    ...mapped(document, 'properties', modern),
    ...mapped(document, 'actions', modernAction),
    ...mapped(document, 'events', deepEvent),
  };
  return parseThingDescription(td, { id: id ?? idOf(document) });
}

function idOf({ id }: JsonObject): ThingId {
  try {
    return ThingId(String(id));
  } catch (cause) {
    const description = `${show(id)} is not a Thing id: it must be a URI`;
    const validationErrors = [{ field: '/id', description }];
    throw new Problem('td-invalid', `the Web Thing at /id: ${description}`, {
      cause,
      validationErrors,
    });
  }
}

const servedLinks: readonly unknown[] = ['properties', 'actions', 'events'];

/** The links of the Thing itself: those that say where the dialect serves it are not among them. */
function ownLinks(links: JsonValue | undefined): JsonObject {
  if (!Array.isArray(links)) return {};
  const own = links.filter(
    (link) => isJsonObject(link) && !servedLinks.includes(link.rel) && !isSocket(link),
  );
  return own.length === 0 ? {} : { links: own };
}

function isSocket({ rel, href }: JsonObject): boolean {
  return rel === 'alternate' && /^wss?:/.test(String(href));
}

/** An affordance, or a schema, in today's words and without links. */
function modern(affordance: JsonObject): JsonObject {
  const { links, href, label, min, max, ...rest } = affordance;
  const { title = label, minimum = min, maximum = max } = rest;
  return {
    ...rest,
    ...(title !== undefined && { title }),
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
  };
}

function modernAction(action: JsonObject): JsonObject {
  const { input, ...rest } = modern(action);
  return {
    ...rest,
    ...(input !== undefined && { input: isJsonObject(input) ? modern(input) : input }),
  };
}

const eventTerms = [
  ...['@type', 'title', 'titles', 'description', 'descriptions', 'uriVariables'],
  ...['subscription', 'data', 'dataResponse', 'cancellation'],
];

function deepEvent(event: JsonObject): JsonObject {
  const parts = Object.groupBy(Object.entries(modern(event)), ([term]) =>
    eventTerms.includes(term) ? 'event' : 'data',
  );
  return {
    ...Object.fromEntries(parts.event ?? []),
    ...(parts.data && { data: Object.fromEntries(parts.data) }),
  };
}
