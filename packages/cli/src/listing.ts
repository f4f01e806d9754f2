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
  /** Those that stand out, in red. Default: none do. */
  readonly isAlarming?: (item: T) => boolean;
}

/** Shows a list: as a table to people, as JSON to programs. */
export function showList<T>(
  { items, head, cells, none, isAlarming }: Listing<T>,
  { terminal, isJson }: Context,
): void {
  const { bold, dim, red } = terminal.style;
  if (isJson) {
    terminal.out(JSON.stringify(items));
    return;
  }
  if (items.length === 0) {
    terminal.err(dim(none));
    return;
  }
  const [first = '', ...rows] = table([head, ...items.map((item) => cells(item).map(printable))]);
  terminal.out(bold(first));
  for (const [at, item] of items.entries()) {
    const row = (rows[at] ?? '').trimEnd();
    terminal.out(isAlarming?.(item) ? red(row) : row);
  }
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
