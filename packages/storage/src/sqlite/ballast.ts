import { randomBytes } from 'node:crypto';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { isNoSpace } from './sqlite-errors.ts';

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

  /** @returns whether it is there in full, now. */
  take(): boolean {
    if (statSync(this.#path, { throwIfNoEntry: false })?.size === this.#bytes) return true;
    try {
      writeFileSync(this.#path, randomBytes(this.#bytes), { flush: true });
      return true;
    } catch (error) {
      this.drop();
      if (isNoSpace(error)) return false;
      throw error;
    }
  }
}
