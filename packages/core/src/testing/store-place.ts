import type { Store } from '../ports/store.ts';

/** A place where documents are; disposing of it takes them away. */
export interface StorePlace extends AsyncDisposable {
  /** Opens it, again after the store that it opened before was disposed of. Empty at first. */
  open(): Promise<Store>;
}
