/** The first of the code units by which characters beyond U+FFFF are written. */
const firstSurrogate = 0xd800;
/** The first code unit after those, as far as the end: U+E000 to U+FFFF. */
const afterSurrogates = 0xe000;

/**
 * Compares texts by Unicode code point, as `sort` wants it.
 *
 * JavaScript's `<` compares code units, by which U+1F4A1 comes before U+FFEE.
 */
export function compareCodePoints(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Where a code unit stands when code points are in order: halves of pairs after all that need no pair. */
function rank(unit: number): number {
  if (unit < firstSurrogate) return unit;
  return unit < afterSurrogates ? unit + 0x2000 : unit - 0x800;
}
