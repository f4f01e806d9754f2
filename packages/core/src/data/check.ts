import { Problem, type ValidationError } from '../problem/problem.ts';
import type { ProblemName } from '../problem/problems.ts';
import { isJsonObject, type JsonValue } from './json.ts';
import { pointerTo } from './json-pointer.ts';
import { show } from './show.ts';

/** Most findings that are kept: what is wrong a hundred times need not be said more often. */
const maxFindings = 100;

/** Collects everything that is wrong in a document. */
export class Findings {
  readonly #errors: ValidationError[] = [];
  readonly #matters: (field: string) => boolean;

  /** @param matters whether what is wrong at a place counts. Default: everything does. */
  constructor(matters: (field: string) => boolean = () => true) {
    this.#matters = matters;
  }

  /** Notes what is wrong at the place that the JSON pointer `field` names. */
  add(field: string, description: string): void {
    if (this.#errors.length < maxFindings && this.#matters(field))
      this.#errors.push({ field, description });
  }

  /**
   * Ends the check.
   *
   * @param subject what was checked, as the sentence begins: `the Thing Description`
   * @throws {@link Problem} `name` with all findings, when there are any.
   */
  throwIfAny(name: ProblemName, subject: string): void {
    const [first, ...more] = this.#errors;
    if (first === undefined) return;
    const place = first.field === '' ? '' : ` at ${first.field}`;
    const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
    throw new Problem(name, `${subject}${place}: ${first.description}${rest}`, {
      validationErrors: this.#errors,
    });
  }
}

/** Looks at the value at the JSON pointer `at` and adds what is wrong with it to `findings`. */
export type Check = (value: JsonValue, at: string, findings: Findings) => void;

/** A check that a claim about the value holds; `expected` completes the sentence "x is not ...". */
export function claim(expected: string, holds: (value: JsonValue) => boolean): Check {
  return (value, at, findings) => {
    if (!holds(value)) findings.add(at, `${show(value)} is not ${expected}`);
  };
}

/** Any JSON value. */
export const anything: Check = () => {};
/** A string. */
export const text = claim('a text', (value) => typeof value === 'string');
/** A string that is not empty. */
export const someText = claim(
  'a text with something in it',
  (value) => typeof value === 'string' && value !== '',
);
/** True or false. */
export const flag = claim('true or false', (value) => typeof value === 'boolean');
/** A finite number. */
export const finite = claim('a finite number', Number.isFinite);
/** A finite number above zero. */
export const positive = claim(
  'a number above 0',
  (value) => Number.isFinite(value) && Number(value) > 0,
);
/** A count: 0, 1, 2, ... */
export const count = claim(
  'a whole number from 0',
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
);

/** One of the words given. */
export function word(words: readonly string[]): Check {
  return claim(`one of ${words.join(', ')}`, (value) => words.includes(value as string));
}

/** All of the checks given. */
export function all(...checks: readonly Check[]): Check {
  return (value, at, findings) => {
    for (const check of checks) check(value, at, findings);
  };
}

/** An array whose items pass `item`. */
export function listOf(item: Check, least = 0): Check {
  return (value, at, findings) => {
    if (!Array.isArray(value)) findings.add(at, `${show(value)} is not an array`);
    else if (value.length < least) findings.add(at, 'the array must not be empty');
    else for (const [index, entry] of value.entries()) item(entry, pointerTo(at, index), findings);
  };
}

/** One value that passes `item`, or an array of such. */
export function oneOrMany(item: Check, least = 0): Check {
  const many = listOf(item, least);
  return (value, at, findings) => (Array.isArray(value) ? many : item)(value, at, findings);
}

/** An object with whatever names pass `name`, whose members pass `member`. */
export function mapOf(member: Check, name: Check = anything): Check {
  return (value, at, findings) => {
    if (!isJsonObject(value)) findings.add(at, `${show(value)} is not an object`);
    else {
      for (const [key, entry] of Object.entries(value)) {
        name(key, pointerTo(at, key), findings);
        member(entry, pointerTo(at, key), findings);
      }
    }
  };
}

/** An object whose members pass the check of their name, and which has those `required`. Other members may be anything. */
export function record(
  members: Readonly<Record<string, Check>>,
  required: readonly string[] = [],
): Check {
  return (value, at, findings) => {
    if (!isJsonObject(value)) return findings.add(at, `${show(value)} is not an object`);
    for (const name of required) {
      if (!Object.hasOwn(value, name)) findings.add(pointerTo(at, name), `'${name}' is missing`);
    }
    for (const [name, entry] of Object.entries(value)) {
      if (Object.hasOwn(members, name)) members[name]?.(entry, pointerTo(at, name), findings);
    }
  };
}

/**
 * Texts by language.
 *
 * @see {@link https://www.w3.org/TR/wot-thing-description11/#multilanguage | WoT TD 1.1, 5.3.1.7 MultiLanguage}
 */
export const languageMap = mapOf(
  text,
  claim('a language tag', (tag) => /^[a-z]{1,8}(-[a-z\d]{1,8})*$/i.test(String(tag))),
);
