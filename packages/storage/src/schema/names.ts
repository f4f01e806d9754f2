import { Problem } from '@thingtalk/core';

/** Longest name that is stored, in bytes of UTF-8: two of them fit into one key of a PostgreSQL index. */
export const longestName = 1_024;

/**
 * Refuses a name that a database could not give back as it was.
 *
 * @param what what it is the name of, for the detail.
 * @throws {@link Problem} `bad-request` when it has a NUL or half a surrogate pair, or is longer than 1,024 bytes.
 */
export function checkName(what: string, name: string): void {
  if (name.includes('\0') || !name.isWellFormed()) {
    throw new Problem('bad-request', `the ${what} ${JSON.stringify(name)} is no well-formed text`);
  }
  // A character has at most 3 bytes for each of its UTF-16 units.
  if (name.length * 3 > longestName && Buffer.byteLength(name) > longestName) {
    throw new Problem(
      'bad-request',
      `the ${what} '${name.slice(0, 60)}…' is longer than ${longestName} bytes`,
    );
  }
}
