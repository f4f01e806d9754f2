import type { Context } from './context.ts';
import { table } from './table.ts';
import { printable } from './terminal.ts';

/** What is listed, and how. */
export interface Listing<T> {
  readonly items: readonly T[];
  readonly head: readonly string[];
  readonly cells: (item: T) => readonly string[];
  /** What to say when there are none. */
  readonly none: string;
}

/** Shows a list: as a table to people, as JSON to programs. */
export function showList<T>(
  { items, head, cells, none }: Listing<T>,
  { terminal, isJson }: Context,
): void {
  if (isJson) {
    terminal.out(JSON.stringify(items));
    return;
  }
  if (items.length === 0) {
    terminal.err(terminal.style.dim(none));
    return;
  }
  const [first = '', ...rows] = table([head, ...items.map((item) => cells(item).map(printable))]);
  terminal.out(terminal.style.bold(first));
  for (const row of rows) terminal.out(row.trimEnd());
}

/** Says what was done: a sentence to people, the document to programs. */
export function showDone(document: object, sentence: string, { terminal, isJson }: Context): void {
  if (isJson) terminal.out(JSON.stringify(document));
  else terminal.err(printable(sentence));
}

/** A secret that is shown this once is the answer; what it is for is said beside it. */
export function showSecret(
  document: object,
  { secret, remark }: { readonly secret: string; readonly remark: string },
  { terminal, isJson }: Context,
): void {
  if (isJson) {
    terminal.out(JSON.stringify(document));
    return;
  }
  terminal.out(printable(secret));
  terminal.err(terminal.style.dim(printable(remark)));
}

/** A time without its fraction of a second. */
export function shortTime(time = ''): string {
  return time.replace(/\.\d+/, '');
}
