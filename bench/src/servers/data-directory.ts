import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A directory for what a server keeps; disposing of it takes it away. */
export interface DataDirectory extends Disposable {
  readonly path: string;
}

const parent = fileURLToPath(new URL('../../results/', import.meta.url));

/** On the disk of the clone, as a user's data is: a system's temporary directory may be memory, where a commit costs nothing. */
export function dataDirectory(): DataDirectory {
  mkdirSync(parent, { recursive: true });
  const path = mkdtempSync(`${parent}data-`);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
