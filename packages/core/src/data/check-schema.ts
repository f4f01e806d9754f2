import {
  all,
  anything,
  type Check,
  claim,
  count,
  finite,
  flag,
  languageMap,
  listOf,
  mapOf,
  oneOrMany,
  positive,
  record,
  text,
  word,
} from './check.ts';
import { isJsonObject } from './json.ts';
import { pointerTo } from './json-pointer.ts';
import { compilePattern } from './pattern.ts';
import { show } from './show.ts';

const dataTypes = ['boolean', 'integer', 'number', 'string', 'object', 'array', 'null'];

/** The one member name that is refused: what is assigned to it changes an object instead of filling it. */
const memberName = claim('allowed as a name', (name) => name !== '__proto__');

const pattern: Check = (value, at, findings) => {
  if (typeof value !== 'string') return text(value, at, findings);
  try {
    compilePattern(value);
  } catch (error) {
    findings.add(at, `the pattern ${show(value)} cannot be used: ${(error as Error).message}`);
  }
};

const distinct: Check = (value, at, findings) => {
  if (!Array.isArray(value)) return;
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    const text = JSON.stringify(item);
    if (seen.has(text)) findings.add(pointerTo(at, index), `${show(item)} is there twice`);
    seen.add(text);
  }
};

const schema: Check = (value, at, findings) => checkDataSchema(value, at, findings);

/** What each term of a data schema must be. */
export const dataSchemaTerms: Readonly<Record<string, Check>> = {
  '@type': oneOrMany(text),
  type: word(dataTypes),
  title: text,
  titles: languageMap,
  description: text,
  descriptions: languageMap,
  const: anything,
  default: anything,
  enum: all(listOf(anything, 1), distinct),
  oneOf: listOf(schema, 1),
  unit: text,
  format: text,
  readOnly: flag,
  writeOnly: flag,
  minimum: finite,
  maximum: finite,
  exclusiveMinimum: finite,
  exclusiveMaximum: finite,
  multipleOf: positive,
  minLength: count,
  maxLength: count,
  pattern,
  contentEncoding: text,
  contentMediaType: text,
  items: oneOrMany(schema),
  minItems: count,
  maxItems: count,
  properties: mapOf(schema, memberName),
  required: listOf(text),
};

const bounds = [
  ['minimum', 'maximum'],
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
] as const;

/** That no lower bound is above its upper bound. */
export const boundsInOrder: Check = (value, at, findings) => {
  if (!isJsonObject(value)) return;
  for (const [lower, upper] of bounds) {
    const [least, most] = [value[lower], value[upper]];
    if (typeof least === 'number' && typeof most === 'number' && least > most)
      findings.add(pointerTo(at, lower), `${lower} ${least} is above ${upper} ${most}`);
  }
};

/**
 * Checks that a document makes sense as a data schema; terms it does not know may be anything.
 *
 * @see {@link https://www.w3.org/TR/wot-thing-description11/#sec-data-schema-vocabulary-definition | WoT TD 1.1, 5.3.2}
 */
export const checkDataSchema: Check = all(record(dataSchemaTerms), boundsInOrder);
