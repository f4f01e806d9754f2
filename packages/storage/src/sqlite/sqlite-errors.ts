/** SQLite's result codes that we act upon; see https://www.sqlite.org/rescode.html */
const codes = {
  error: 1,
  forbidden: 3,
  busy: 5,
  readOnly: 8,
  inputOutput: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/** What says that a file cannot be used, whatever is in it. */
const unusable: ReadonlySet<number | undefined> = new Set([
  codes.forbidden,
  codes.readOnly,
  codes.inputOutput,
  codes.cannotOpen,
]);

/** What a look at the pages found. */
export class DamageFound extends Error {
  override readonly name = 'DamageFound';
}

/** Whether the disk has no space left. */
export const isFull = (error: unknown): boolean => codeOf(error) === codes.full || isNoSpace(error);

/** Whether another process holds the database. */
export const isBusy = (error: unknown): boolean => codeOf(error) === codes.busy;

/** Whether SQLite takes the database for one that it may not write. */
export const isReadOnly = (error: unknown): boolean => codeOf(error) === codes.readOnly;

/**
 * Whether the file is no database, or one that is damaged.
 *
 * A statement that does not fit the tables is damage as well: the migrations have made them.
 */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  if (code === undefined) return error instanceof DamageFound;
  return code === codes.corrupt || code === codes.notADatabase || code === codes.error;
}

/** Whether the file cannot be opened, read or written. */
export const isUnusable = (error: unknown): boolean =>
  unusable.has(codeOf(error)) || (error instanceof Error && 'syscall' in error);

/** Whether the file system says that there is no space, or no more for us. */
export function isNoSpace(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

function codeOf(error: unknown): number | undefined {
  // The low byte is the primary code; the rest says more.
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined;
}
