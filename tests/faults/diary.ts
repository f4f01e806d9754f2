import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Something a Thing did, as it wrote it down: work before anybody could be told, an event once it was emitted. */
export type Deed =
  | { readonly did: 'wrote'; readonly thing: string; readonly name: string; readonly value: number }
  | { readonly did: 'emitted'; readonly thing: string; readonly value: number }
  | { readonly did: 'ran'; readonly thing: string; readonly id: string; readonly value: number };

/** The diary of the Things of one process: a line for each deed. It is with the kernel at once, and outlives the process. */
export class Diary {
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  /** The one of a directory, which is made when it is not there. */
  static in(directory: string): Diary {
    mkdirSync(directory, { recursive: true });
    return new Diary(join(directory, 'diary'));
  }

  write(deed: Deed): void {
    appendFileSync(this.#file, `${JSON.stringify(deed)}\n`);
  }

  /** All that was ever written, oldest first. */
  read(): readonly Deed[] {
    if (!existsSync(this.#file)) return [];
    // What comes after the last newline was cut off by a kill.
    const lines = readFileSync(this.#file, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }
}
