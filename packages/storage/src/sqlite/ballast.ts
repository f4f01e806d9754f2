import { rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { isNoSpace } from './sqlite-errors.ts';

/** It is taken only where this part of it would fit beside it. */
const spare = 1 / 8;

/**
 * A file of no content that is dropped when the disk is full: SQLite needs space even to delete.
 *
 * Its bytes are random, because a file system that compresses would keep nothing for zeros.
 */
export class Ballast {
  readonly #path: string;
  readonly #bytes: number;

  constructor(path: string, bytes: number) {
    this.#path = path;
    this.#bytes = bytes;
  }

  /** Makes the space free. */
  drop(): void {
    rmSync(this.#path, { force: true });
  }

  /**
   * Takes the space, but not the last of the disk: that would only be said to have space until the next write.
   *
   * @returns whether it is there in full, now.
   */
  take(): boolean {
    if (statSync(this.#path, { throwIfNoEntry: false })?.size === this.#bytes) return true;
    try {
      const wanted = Math.ceil(this.#bytes * (1 + spare));
      // Loaded where one is made: most starts find it there.
      const { randomBytes } = process.getBuiltinModule('node:crypto');
      writeFileSync(this.#path, randomBytes(wanted), { flush: true });
      truncateSync(this.#path, this.#bytes);
      return true;
    } catch (error) {
      this.drop();
      if (isNoSpace(error)) return false;
      throw error;
    }
  }
}
