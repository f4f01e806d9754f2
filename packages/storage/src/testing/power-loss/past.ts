/** When something was done, in lines of a trace: from `begun` on the disk may know of it, from `ended` on a sync sees it. */
export interface When {
  readonly begun: number;
  readonly ended: number;
}

/** What was done to a file. */
export type FileDeed = When &
  (
    | { readonly kind: 'write'; readonly offset: number; readonly bytes: Buffer }
    | { readonly kind: 'size'; readonly size: number }
  );

/** What was done to the names in a folder. */
export type FolderDeed = When &
  (
    | { readonly kind: 'link'; readonly name: string; readonly node: DiskNode }
    | { readonly kind: 'unlink'; readonly name: string }
    | {
        readonly kind: 'rename';
        readonly from: string;
        readonly name: string;
        readonly node: DiskNode;
      }
  );

/** What was done by a moment, in order: what is on the disk for certain, and what may be there or not. */
export interface Done<Deed> {
  readonly sure: readonly Deed[];
  readonly pending: readonly Deed[];
}

/** Something on a disk, whatever its name, with all that was ever done to it and when it was synced. */
class Past<Deed extends When> {
  readonly #deeds: Deed[] = [];
  readonly #syncs: When[] = [];

  did(deed: Deed): void {
    this.#deeds.push(deed);
  }

  synced(when: When): void {
    this.#syncs.push(when);
  }

  by(moment: number): Done<Deed> {
    const done = this.#deeds.filter(({ begun }) => begun <= moment);
    const over = this.#syncs.filter(({ ended }) => ended <= moment);
    const last = Math.max(-1, ...over.map(({ begun }) => begun));
    const unsure = done.findIndex(({ ended }) => ended > last);
    const count = unsure < 0 ? done.length : unsure;
    return { sure: done.slice(0, count), pending: done.slice(count) };
  }
}

/** A file. */
export class FilePast extends Past<FileDeed> {
  readonly kind = 'file';
}

/** A folder. */
export class FolderPast extends Past<FolderDeed> {
  readonly kind = 'folder';
}

export type DiskNode = FilePast | FolderPast;
