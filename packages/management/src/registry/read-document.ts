import {
  Findings,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  Problem,
  parseThingDescription,
} from '@thingtalk/core';

/** How long a registration is to last. */
export interface Lifetime {
  /** Seconds from the registration. */
  readonly ttl?: number;
  /** Milliseconds since 1970. */
  readonly expires?: number;
}

/** A Thing Description as somebody registers it. */
export interface RegisteredDocument extends Lifetime {
  /** As it was given, without what the directory itself says in `registration`. */
  readonly td: JsonObject;
}

/** Longest `ttl`, in seconds: a hundred years. */
const maxTtl = 100 * 365 * 86_400;

/** Largest Thing Description that is kept, in characters of JSON: patches must not make one grow without end. */
const maxCharacters = 1024 * 1024;

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;

/**
 * Reads a Thing Description that is to be registered, of TD 1.0 or 1.1; members that nobody knows stay as they are.
 *
 * @param now in milliseconds since 1970: `ttl` counts from here.
 * @throws {@link Problem} `td-invalid` with all that is wrong in `validationErrors`; `payload-too-large`.
 * @see {@link https://www.w3.org/TR/wot-discovery/#exploration-directory-api-things-validation | WoT Discovery, 7.3.2.1.6}
 */
export function readDocument(document: JsonValue | undefined, now: number): RegisteredDocument {
  if (document === undefined) throw new Problem('payload-invalid', 'there is no body');
  const findings = new Findings();
  const { registration, ...td } = isJsonObject(document) ? document : ({} as JsonObject);
  const lifetime = readLifetime(registration, now, findings);
  try {
    parseThingDescription(isJsonObject(document) ? td : document);
  } catch (error) {
    if (!(error instanceof Problem) || error.validationErrors === undefined) throw error;
    for (const { field, description } of error.validationErrors) findings.add(field, description);
  }
  findings.throwIfAny('td-invalid', 'the Thing Description');
  refuseTooLarge(td);
  return { td, ...lifetime };
}

function refuseTooLarge(td: JsonObject): void {
  const { length } = JSON.stringify(td);
  if (length <= maxCharacters) return;
  throw new Problem(
    'payload-too-large',
    `the Thing Description would have ${length} characters, of at most ${maxCharacters}`,
  );
}

/** `ttl` wins over `expires`, and the directory's own words (`created`, `modified`, `retrieved`) are not the client's to say. */
function readLifetime(
  registration: JsonValue | undefined,
  now: number,
  findings: Findings,
): Lifetime {
  if (registration === undefined) return {};
  if (!isJsonObject(registration)) {
    findings.add('/registration', 'it is not an object');
    return {};
  }
  const { ttl, expires } = registration;
  if (ttl !== undefined) {
    if (typeof ttl === 'number' && ttl > 0 && ttl <= maxTtl) {
      return { ttl, expires: now + Math.round(ttl * 1_000) };
    }
    findings.add('/registration/ttl', `it is not a number of seconds above 0, up to ${maxTtl}`);
    return {};
  }
  return expires === undefined ? {} : readExpires(expires, now, findings);
}

function readExpires(expires: JsonValue, now: number, findings: Findings): Lifetime {
  const field = '/registration/expires';
  const time =
    typeof expires === 'string' && dateTime.test(expires) ? Date.parse(expires) : Number.NaN;
  if (Number.isNaN(time)) findings.add(field, 'it is not a date-time of RFC 3339, with its offset');
  else if (time <= now) findings.add(field, 'it has passed already');
  else return { expires: time };
  return {};
}
