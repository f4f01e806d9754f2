import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  Problem,
  type Right,
  ThingId,
} from '@thingtalk/core';
import type { Scope } from './identity.ts';

const rights: readonly Right[] = ['read', 'write', 'observe', 'invoke', 'subscribe', 'manage'];

/** Longest text in a body. */
const longestText = 1_024;

/**
 * Reads the members of a request's body. Each refusal names the member, and never repeats what it holds: it may be a password.
 */
export class Members {
  readonly #object: JsonObject;

  /**
   * @param names what it may hold: other members are refused, not ignored.
   * @throws {@link Problem} `bad-request`.
   */
  constructor(body: JsonValue | undefined, names: readonly string[]) {
    if (!isJsonObject(body)) throw new Problem('bad-request', 'the body is not a JSON object');
    const stray = Object.keys(body).find((name) => !names.includes(name));
    if (stray !== undefined) {
      throw new Problem(
        'bad-request',
        `there is no member '${stray.slice(0, 64)}'; ${names.join(', ')} are`,
      );
    }
    this.#object = body;
  }

  /** A text that must be there. */
  text(name: string): string {
    const text = this.optionalText(name);
    if (text === undefined) throw new Problem('bad-request', `'${name}' is missing`);
    return text;
  }

  optionalText(name: string): string | undefined {
    const value = this.#member(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value.length > longestText || !value.isWellFormed()) {
      throw new Problem(
        'bad-request',
        `'${name}' is not a text of at most ${longestText} characters`,
      );
    }
    return value;
  }

  /** A list of at most 100 texts. */
  optionalTexts(name: string): readonly string[] | undefined {
    const value = this.#member(name);
    if (value === undefined) return undefined;
    const isList = Array.isArray(value) && value.length <= 100;
    if (!isList || !value.every((text) => typeof text === 'string' && text.length <= longestText)) {
      throw new Problem('bad-request', `'${name}' is not a list of at most 100 texts`);
    }
    return value;
  }

  /** A list of texts that must be there. */
  texts(name: string): readonly string[] {
    const value = this.#member(name);
    const isList = Array.isArray(value) && value.length <= 100;
    if (!isList || !value.every((text) => typeof text === 'string' && text.length <= longestText)) {
      throw new Problem('bad-request', `'${name}' is not a list of at most 100 texts`);
    }
    return value;
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.#member(name);
    if (value !== undefined && typeof value !== 'boolean') {
      throw new Problem('bad-request', `'${name}' is not true or false`);
    }
    return value;
  }

  /** A time as RFC 3339 has it, in milliseconds since 1970. */
  time(name: string): number {
    const text = this.text(name);
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text)
      ? Date.parse(text)
      : Number.NaN;
    if (Number.isNaN(time)) {
      throw new Problem('bad-request', `'${name}' is not a time like 2027-01-31T18:00:00Z`);
    }
    return time;
  }

  /** What a token is narrowed to. */
  optionalScopes(name: string): readonly Scope[] | undefined {
    const value = this.#member(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || value.length === 0 || value.length > 100) {
      throw new Problem('bad-request', `'${name}' is not a list of 1 to 100 scopes`);
    }
    return value.map((entry, index) => scopeOf(entry, `${name}[${index}]`));
  }

  #member(name: string): JsonValue | undefined {
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
  }
}

function scopeOf(entry: JsonValue, at: string): Scope {
  if (!isJsonObject(entry) || !Array.isArray(entry.rights) || entry.rights.length === 0) {
    throw new Problem('bad-request', `${at} has no list of rights`);
  }
  const asked: readonly JsonValue[] = entry.rights;
  const granted = rights.filter((right) => asked.includes(right));
  if (granted.length !== new Set(asked).size) {
    throw new Problem(
      'bad-request',
      `${at}.rights holds something that is none of ${rights.join(', ')}`,
    );
  }
  if (entry.on === undefined) return { rights: granted };
  const { thing, affordance } = isJsonObject(entry.on) ? entry.on : {};
  if (typeof thing !== 'string' || (affordance !== undefined && typeof affordance !== 'string')) {
    throw new Problem('bad-request', `${at}.on is not {thing, affordance?}`);
  }
  const on = { thing: ThingId(thing), ...(affordance !== undefined && { affordance }) };
  return { rights: granted, on };
}
