/**
 * What somebody probably meant: the one of `known` that is closest to `text`, if any is close.
 *
 * @returns `undefined` when more than a third of the text would have to change.
 */
export function suggest(text: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.ceil(text.length / 3) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - text.length) >= least) continue;
    const distance = editDistance(text.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** How many characters must be put in, taken out or replaced to make `b` of `a` (Levenshtein). */
export function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const here = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const changed = Math.min(above[column] ?? 0, here[column - 1] ?? 0) + 1;
      here.push(Math.min(replaced, changed));
    }
    above = here;
  }
  return above[b.length] ?? 0;
}
