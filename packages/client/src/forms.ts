import type { Form, Operation, ThingDescription } from '@thingtalk/core';
import { ProblemError } from './problem-error.ts';

/** The name of the Web Thing Protocol as a WebSocket subprotocol. */
export const webThingProtocol = 'webthingprotocol';

/** The kinds of affordance, as a TD's members name them. */
export type AffordanceKind = 'properties' | 'actions' | 'events';

/** A Thing Description and the URL it was fetched from, against which its hrefs are resolved. */
export interface Source {
  readonly td: ThingDescription;
  readonly url: string;
}

/**
 * Where to send `op` over HTTP.
 *
 * @throws {@link ProblemError} `not-implemented` when the TD offers no HTTP form for it.
 */
export function httpHref(source: Source, op: Operation, kind?: AffordanceKind, name?: string): URL {
  const forms =
    kind === undefined || name === undefined
      ? source.td.forms
      : affordance(source.td, kind, name).forms;
  for (const form of forms ?? []) {
    if (form.subprotocol !== undefined || !ops(form).includes(op)) continue;
    const href = resolve(source, form.href);
    if (href?.protocol === 'http:' || href?.protocol === 'https:') return href;
  }
  const what = name === undefined ? source.td.id : `'${name}' of ${source.td.id}`;
  throw notOffered(`${what} offers no ${op} over HTTP`);
}

/**
 * Where the Web Thing Protocol is spoken for this Thing.
 *
 * @throws {@link ProblemError} `not-implemented` when the TD has no such form.
 * @see {@link https://w3c.github.io/web-thing-protocol/ | Web Thing Protocol, "Opening a WebSocket"}
 */
export function socketHref(source: Source): URL {
  for (const form of allForms(source.td)) {
    if (form.subprotocol !== webThingProtocol) continue;
    const href = resolve(source, form.href);
    if (href?.protocol === 'ws:' || href?.protocol === 'wss:') return href;
  }
  throw notOffered(`${source.td.id} offers no WebSocket with subprotocol '${webThingProtocol}'`);
}

/**
 * The affordance of that name.
 *
 * @throws {@link ProblemError} `property-not-found`, `action-not-found`, `event-not-found`.
 */
export function affordance<K extends AffordanceKind>(
  td: ThingDescription,
  kind: K,
  name: string,
): NonNullable<ThingDescription[K]>[string] {
  const section = td[kind];
  const found = section && Object.hasOwn(section, name) ? section[name] : undefined;
  if (found === undefined) {
    const { problem, word } = words[kind];
    const known = Object.keys(section ?? {}).join(', ') || 'none';
    const detail = `${td.id} has no ${word} '${name}'; it has: ${known}`;
    throw ProblemError.refused(problem, 404, `The Thing has no such ${word}`, detail);
  }
  return found as NonNullable<ThingDescription[K]>[string];
}

const words = {
  properties: { problem: 'property-not-found', word: 'property' },
  actions: { problem: 'action-not-found', word: 'action' },
  events: { problem: 'event-not-found', word: 'event' },
} as const;

function* allForms(td: ThingDescription): Iterable<Form> {
  yield* td.forms ?? [];
  for (const section of [td.properties, td.events, td.actions]) {
    for (const { forms } of Object.values(section ?? {})) yield* forms ?? [];
  }
}

function ops(form: Form): readonly Operation[] {
  if (form.op === undefined) return [];
  return typeof form.op === 'string' ? [form.op] : form.op;
}

function resolve({ td, url }: Source, href: string): URL | undefined {
  const base = td.base === undefined ? url : new URL(td.base, url).href;
  return URL.canParse(href, base) ? new URL(href, base) : undefined;
}

function notOffered(detail: string): ProblemError {
  return ProblemError.refused('not-implemented', 501, 'The operation is not offered', detail);
}
