import {
  Findings,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  Problem,
  type StoredDocument,
  type StoredMetadata,
  type ThingMetadata,
} from '@thingtalk/core';

/** Where what users say about Things is stored, by the ids of the Things. */
export const metadataCollection = 'thing-metadata';

const maxTitle = 200;
const maxTags = 50;
const maxTag = 100;
const maxNotes = 10_000;

const isText = (value: JsonValue, longest: number) =>
  typeof value === 'string' && value !== '' && value.length <= longest;

/** What each member may be; others are refused. */
const members: Readonly<Record<string, { expected: string; holds(value: JsonValue): boolean }>> = {
  title: {
    expected: `a text of 1 to ${maxTitle} characters`,
    holds: (value) => isText(value, maxTitle),
  },
  tags: {
    expected: `a list of up to ${maxTags} different texts of 1 to ${maxTag} characters`,
    holds: (value) =>
      Array.isArray(value) &&
      value.length <= maxTags &&
      new Set(value).size === value.length &&
      value.every((tag: JsonValue) => isText(tag, maxTag)),
  },
  notes: {
    expected: `a text of 1 to ${maxNotes} characters`,
    holds: (value) => isText(value, maxNotes),
  },
};

/**
 * Reads what a user says about a Thing.
 *
 * @throws {@link Problem} `data-schema-mismatch` with all that is wrong in `validationErrors`.
 */
export function readMetadata(value: JsonValue | undefined): ThingMetadata & JsonObject {
  if (!isJsonObject(value)) {
    throw new Problem('data-schema-mismatch', 'metadata is an object of title, tags and notes');
  }
  const findings = new Findings();
  for (const [name, member] of Object.entries(value)) {
    const rule = Object.hasOwn(members, name) ? members[name] : undefined;
    if (rule === undefined) findings.add(`/${name}`, 'metadata are title, tags and notes only');
    else if (!rule.holds(member)) findings.add(`/${name}`, `it is not ${rule.expected}`);
  }
  findings.throwIfAny('data-schema-mismatch', 'the metadata');
  return value;
}

/** Metadata as they were stored. */
export function storedMetadata({
  value,
  version,
}: Pick<StoredDocument, 'value' | 'version'>): StoredMetadata {
  return { value: value as ThingMetadata, version };
}
