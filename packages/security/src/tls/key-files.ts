import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** Where keys and certificates are kept, by name. What seals them at rest stands in its place. */
export interface KeyFiles {
  /** `undefined` when there is none of that name. */
  read(name: string): Promise<string | undefined>;
  /** Replaces all of it or, when the power fails, nothing. */
  write(name: string, text: string): Promise<void>;
}

/** Files that only their owner may read, in a directory that is made when it is missing. */
export function keyFiles(directory: string): KeyFiles {
  return {
    async read(name) {
      try {
        return await readFile(join(directory, name), 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },

    async write(name, text) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const file = join(directory, name);
      const draft = `${file}.${process.pid}`;
      await using handle = await open(draft, 'w', 0o600);
      await handle.writeFile(text);
      await handle.sync();
      await rename(draft, file);
    },
  };
}
