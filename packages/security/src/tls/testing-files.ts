import type { KeyFiles } from './key-files.ts';

/** {@link KeyFiles} in memory, which a test looks into. */
export class MemoryFiles implements KeyFiles {
  readonly texts = new Map<string, string>();

  async read(name: string): Promise<string | undefined> {
    return this.texts.get(name);
  }

  async write(name: string, text: string): Promise<void> {
    this.texts.set(name, text);
  }
}
