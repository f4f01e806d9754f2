import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dice } from '../dice.ts';
import { contentsAfter, contentsOf } from './file-contents.ts';
import type { DiskNode, Done, FileDeed, FolderDeed, FolderPast } from './past.ts';

/** What is found on a disk: names with their contents. */
export type Found = ReadonlyMap<string, Buffer | Found>;

/**
 * A disk as it may be found when the power went at a moment: one of the many ways, as the dice fall.
 *
 * What POSIX promises is kept. What was written to a file before an fsync or fdatasync of it began that has returned is
 * there, with the size it needs. A name that was given, taken away or changed is so for certain once its folder was synced;
 * a file's own sync says nothing of its name. Of the rest
 *
 * - each sector, of 512 or 4,096 bytes, is as it was after any of the writes to it, whatever its neighbours are; or torn, its
 *   beginning as after one of them and its end as after another. Bytes that nobody wrote to stay as they are (to SQLite:
 *   `SQLITE_IOCAP_POWERSAFE_OVERWRITE`);
 * - the size is as it was after any of the writes; what was never brought to the disk is zeros or rubbish there;
 * - each name is changed or not. A rename happens whole or not at all.
 */
export function diskAfter(root: FolderPast, moment: number, dice: Dice): Found {
  return find(root, moment, {
    namesOf: ({ sure, pending }) => [...sure, ...survivors(pending, dice)],
    contentsOf: (done) => contentsAfter(done, dice),
  });
}

/** The same while the power is on: what a program sees. */
export function diskAt(root: FolderPast, moment: number): Found {
  return find(root, moment, {
    namesOf: ({ sure, pending }) => [...sure, ...pending],
    contentsOf: ({ sure, pending }) => contentsOf([...sure, ...pending]),
  });
}

/** What became of what was done. */
interface Fate {
  readonly namesOf: (done: Done<FolderDeed>) => readonly FolderDeed[];
  readonly contentsOf: (done: Done<FileDeed>) => Buffer;
}

function find(folder: FolderPast, moment: number, fate: Fate): Found {
  const names = new Map<string, DiskNode>();
  for (const deed of fate.namesOf(folder.by(moment))) change(names, deed);
  const found = (node: DiskNode) =>
    node.kind === 'file' ? fate.contentsOf(node.by(moment)) : find(node, moment, fate);
  return new Map([...names].map(([name, node]) => [name, found(node)]));
}

/** Writes what was found into an empty directory. */
export function layOut(found: Found, directory: string): void {
  for (const [name, what] of found) {
    const path = join(directory, name);
    if (Buffer.isBuffer(what)) writeFileSync(path, what);
    else {
      mkdirSync(path);
      layOut(what, path);
    }
  }
}

function change(names: Map<string, DiskNode>, deed: FolderDeed): void {
  if (deed.kind === 'unlink') {
    names.delete(deed.name);
    return;
  }
  if (deed.kind === 'rename' && names.get(deed.from) === deed.node) names.delete(deed.from);
  names.set(deed.name, deed.node);
}

/** Drops a suffix of what was not synced, and of the rest, half of the time, here and there something. */
function survivors<T>(pending: readonly T[], dice: Dice): readonly T[] {
  const begun = pending.slice(0, dice.below(pending.length + 1));
  return dice.chance(0.5) ? begun : begun.filter(() => dice.chance(0.5));
}
