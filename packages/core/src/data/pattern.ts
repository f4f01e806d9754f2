import { RE2JS } from 're2js';

/** Longest pattern that is taken, in characters; with {@link maxProgramSize} it bounds what a match may cost. */
const maxPatternLength = 1_000;

/** Largest program that is taken, in RE2's instructions. */
const maxProgramSize = 2_000;

/**
 * Compiles a regular expression that came from outside: it matches in time linear to the text, anywhere in it.
 *
 * @throws `Error` with a reason in words when the pattern is broken, too large, or needs backtracking (look-around, `\1`).
 * @see {@link https://github.com/google/re2/wiki/Syntax | RE2 syntax}
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  if (pattern.length > maxPatternLength)
    throw new Error(`longer than ${maxPatternLength} characters`);
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  if (compiled.programSize() > maxProgramSize) throw new Error('too large when compiled');
  return (text) => compiled.test(text);
}
