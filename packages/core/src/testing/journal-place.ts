import type { Journal } from '../ports/journal.ts';

/** A place where a journal is; disposing of it takes it away. */
export interface JournalPlace extends AsyncDisposable {
  /** Opens it, again after the journal that it opened before was disposed of. Empty at first. */
  open(): Promise<Journal>;
}

/** Makes an empty place for one test. */
export type MakePlace = () => Promise<JournalPlace>;
