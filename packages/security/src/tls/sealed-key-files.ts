import type { Sealer } from '../encryption/sealer.ts';
import type { KeyFiles } from './key-files.ts';

/** What the files belong to, for the seal: one is not taken for another. */
const collection = 'tls';

/**
 * Seals what holds a private key on its way to `files`. What was written before there was a seal is sealed when it is
 * first read, and so is what was sealed with a master key that has been replaced.
 */
export function sealedKeyFiles(files: KeyFiles, sealer: Sealer): KeyFiles {
  const write = (name: string, text: string) =>
    files.write(
      name,
      text.includes('PRIVATE KEY') ? sealer.seal(text, { collection, key: name }) : text,
    );
  return {
    async read(name) {
      const kept = await files.read(name);
      if (kept === undefined) return undefined;
      const isSealed = kept.startsWith('tts1.');
      const text = isSealed ? sealer.open(kept, { collection, key: name }) : kept;
      if (!isSealed || !sealer.isCurrent(kept)) await write(name, text);
      return text;
    },
    write,
  };
}
