import {
  all,
  anything,
  type Check,
  claim,
  flag,
  languageMap,
  listOf,
  mapOf,
  oneOrMany,
  record,
  someText,
  text,
  word,
} from '../data/check.ts';
import { boundsInOrder, checkDataSchema, dataSchemaTerms } from '../data/check-schema.ts';
import { formats } from '../data/formats.ts';
import { isJsonObject } from '../data/json.ts';
import type { Operation } from './thing-description.ts';

/** Longest name of an affordance, in characters: its northbound topic must fit a broker's limit of 256 bytes. */
const maxNameLength = 128;

/** The operations a form may stand for, by where the form stands. */
export const operations = {
  property: ['readproperty', 'writeproperty', 'observeproperty', 'unobserveproperty'],
  action: ['invokeaction', 'queryaction', 'cancelaction'],
  event: ['subscribeevent', 'unsubscribeevent'],
  thing: [
    'readallproperties',
    'writeallproperties',
    'readmultipleproperties',
    'writemultipleproperties',
    'observeallproperties',
    'unobserveallproperties',
    'subscribeallevents',
    'unsubscribeallevents',
    'queryallactions',
  ],
} as const satisfies Readonly<Record<string, readonly Operation[]>>;

/** Which form of a document is checked. */
export interface TermOptions {
  /** Whether each affordance must have forms, as in a TD that clients are to use as it is. */
  readonly mustHaveForms: boolean;
}

const dateTime = claim('a date and time (RFC 3339)', (value) =>
  typeof value === 'string' ? formats['date-time'](value) : false,
);

/** Names that mean something else where an affordance's name is put. */
const takenNames: ReadonlySet<unknown> = new Set(['$', '__proto__', '.', '..']);

/**
 * What an affordance may be called: its name becomes a topic level, a URL segment and a member of a message,
 * where `$` is taken, `__proto__` changes an object instead of filling it, and `.` and `..` lead elsewhere, percent-encoded
 * or not.
 *
 * @see {@link https://url.spec.whatwg.org/#double-dot-path-segment | URL Standard, dot segments}
 */
export const affordanceName = claim(
  `usable as a name: 1 to ${maxNameLength} characters, no NUL, none of '$', '__proto__', '.', '..'`,
  (name) =>
    typeof name === 'string' &&
    name !== '' &&
    name.length <= maxNameLength &&
    name.isWellFormed() &&
    !name.includes('\0') &&
    !takenNames.has(name),
);

const described: Readonly<Record<string, Check>> = {
  '@type': oneOrMany(text),
  title: text,
  titles: languageMap,
  description: text,
  descriptions: languageMap,
};

const responseTerms = { success: flag, contentType: text, schema: text };

function form(allowed: readonly Operation[]): Check {
  return record(
    {
      href: text,
      op: oneOrMany(word(allowed)),
      contentType: someText,
      contentCoding: text,
      subprotocol: text,
      security: oneOrMany(someText),
      scopes: oneOrMany(text),
      response: record({ contentType: someText }, ['contentType']),
      additionalResponses: oneOrMany(record(responseTerms)),
    },
    ['href'],
  );
}

const link = record(
  { href: text, type: text, rel: text, anchor: text, sizes: text, hreflang: oneOrMany(text) },
  ['href'],
);

const securityScheme = record(
  {
    ...described,
    scheme: someText,
    proxy: text,
    in: text,
    name: text,
    authorization: text,
    token: text,
    refresh: text,
    scopes: oneOrMany(text),
    flow: text,
    alg: text,
    format: text,
    qop: text,
    identity: text,
    oneOf: listOf(text),
    allOf: listOf(text),
  },
  ['scheme'],
);

const isNotBoth: Check = (value, at, findings) => {
  if (isJsonObject(value) && value.readOnly === true && value.writeOnly === true)
    findings.add(at, 'a property cannot be both readOnly and writeOnly');
};

interface Kind {
  readonly terms: Readonly<Record<string, Check>>;
  readonly operations: readonly Operation[];
  readonly also: Check;
}

const propertyKind: Kind = {
  terms: { ...dataSchemaTerms, observable: flag },
  operations: operations.property,
  also: all(boundsInOrder, isNotBoth),
};

const actionKind: Kind = {
  terms: {
    input: checkDataSchema,
    output: checkDataSchema,
    safe: flag,
    idempotent: flag,
    synchronous: flag,
  },
  operations: operations.action,
  also: anything,
};

const eventKind: Kind = {
  terms: {
    subscription: checkDataSchema,
    data: checkDataSchema,
    dataResponse: checkDataSchema,
    cancellation: checkDataSchema,
  },
  operations: operations.event,
  also: anything,
};

function affordances({ terms, operations, also }: Kind, { mustHaveForms }: TermOptions): Check {
  const affordance = record(
    {
      ...described,
      ...terms,
      forms: listOf(form(operations), mustHaveForms ? 1 : 0),
      uriVariables: mapOf(checkDataSchema),
    },
    mustHaveForms ? ['forms'] : [],
  );
  return mapOf(all(affordance, also), affordanceName);
}

/**
 * What each term of a Thing Description must be.
 *
 * @see {@link https://www.w3.org/TR/wot-thing-description11/#sec-vocabulary-definition | WoT TD 1.1, 5.3}
 */
export function thingTerms(options: TermOptions): Readonly<Record<string, Check>> {
  return {
    ...described,
    '@context': oneOrMany(
      claim('a text or an object', (value) => typeof value === 'string' || isJsonObject(value)),
    ),
    id: text,
    title: someText,
    version: record({ instance: text, model: text }, ['instance']),
    created: dateTime,
    modified: dateTime,
    support: text,
    base: text,
    profile: oneOrMany(text),
    links: listOf(link),
    forms: listOf(all(form(operations.thing), record({}, ['op']))),
    security: oneOrMany(someText, 1),
    securityDefinitions: mapOf(securityScheme),
    schemaDefinitions: mapOf(checkDataSchema),
    uriVariables: mapOf(checkDataSchema),
    properties: affordances(propertyKind, options),
    actions: affordances(actionKind, options),
    events: affordances(eventKind, options),
  };
}
