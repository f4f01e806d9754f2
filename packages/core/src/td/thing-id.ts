import { Problem } from '../problem/problem.ts';

declare const brand: unique symbol;

/** Identifier of a Thing: any URI, unique in a directory. {@link topicLevel} is its form on the bus. */
export type ThingId = string & { readonly [brand]: 'ThingId' };

/** What stands before a bare device's topic level to make a URI of it. */
const bareThing = 'urn:thing:';

const scheme = /^[a-z][a-z0-9+.-]*:[^:]/i;

/** Anything but control characters and spaces. */
const visible = /^[!-~\u{80}-\u{10ffff}]+$/u;

/** Longest id that is taken, in characters: its topic must fit a broker's limit of 256 bytes. */
const maxIdLength = 200;

/**
 * Reads a Thing identifier.
 *
 * @throws {@link Problem} `data-schema-mismatch` when the text is not a URI, or is longer than 200 characters.
 * @see {@link https://www.w3.org/TR/wot-thing-description11/#thing | WoT TD 1.1, Thing, `id`}
 */
export function ThingId(text: string): ThingId {
  if (text.length > maxIdLength) {
    throw new Problem(
      'data-schema-mismatch',
      `a Thing id of ${text.length} characters is longer than ${maxIdLength}`,
    );
  }
  if (!isUri(text))
    throw new Problem('data-schema-mismatch', `'${text}' is not a Thing id: it must be a URI`);
  return text as ThingId;
}

/** Whether `text` is a URI with a scheme and no control characters, spaces or lone surrogates. */
export function isUri(text: string): boolean {
  return scheme.test(text) && visible.test(text) && text.isWellFormed() && URL.canParse(text);
}

/**
 * The topic level that stands for a Thing on the bus: its id with `% / + # NUL` and a leading `$` percent-encoded.
 *
 * Two ids never share a level, and {@link idOfLevel} is its inverse.
 */
export function topicLevel(id: ThingId): string {
  return id.replace(/[%/+#\0]|^\$/g, percentEncode);
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/**
 * The Thing that a topic level stands for.
 *
 * A level that is no URI, as a bare device's `lamp` in `things/lamp/td`, stands for `urn:thing:lamp`.
 *
 * @returns `undefined` when no id is behind the level, as for broken percent-encoding.
 */
export function idOfLevel(level: string): ThingId | undefined {
  let text: string;
  try {
    text = decodeURIComponent(level);
  } catch {
    return undefined;
  }
  const id = isUri(text) ? text : bareThing + encodeURIComponent(text);
  return text !== '' && id.length <= maxIdLength && text.isWellFormed()
    ? (id as ThingId)
    : undefined;
}
