import type { Sealer } from '../encryption/sealer.ts';
import type { KeyFiles } from '../tls/key-files.ts';
import { Chain } from './chain.ts';

/** A key by which lines were joined before another took its place. */
export interface FormerChainKey {
  /** Number of the last line that it joined. */
  readonly last: number;
  readonly key: Uint8Array;
}

/**
 * The chain that each line belongs to.
 *
 * The first line of a new key carries the code of the last line of the old one, so that whoever gets hold of an old key can
 * change nothing that was written while it was good.
 *
 * @param former oldest first.
 */
export function chainsOf(
  key: Uint8Array,
  former: readonly FormerChainKey[] = [],
): (n: number) => Chain {
  const current = new Chain(key);
  const earlier = former.map((one) => ({ last: one.last, chain: new Chain(one.key) }));
  return (n) => earlier.find(({ last }) => n <= last)?.chain ?? current;
}

/** The file beside the log that keeps the former keys, sealed. */
const name = 'former-keys';
const place = { collection: 'audit', key: name };

/**
 * Reads the keys of earlier lines, oldest first.
 *
 * @param files in the directory of the log.
 * @throws {@link Problem} `seal-broken` when the file was changed.
 */
export async function readFormerKeys(
  files: KeyFiles,
  sealer: Sealer,
): Promise<readonly FormerChainKey[]> {
  const sealed = await files.read(name);
  if (sealed === undefined) return [];
  const kept: readonly { last: number; key: string }[] = JSON.parse(sealer.open(sealed, place));
  return kept.map(({ last, key }) => ({ last, key: Buffer.from(key, 'base64') }));
}

/** Keeps the keys of earlier lines, sealed with the current master key. */
export async function writeFormerKeys(
  files: KeyFiles,
  sealer: Sealer,
  keys: readonly FormerChainKey[],
): Promise<void> {
  const kept = keys.map(({ last, key }) => ({ last, key: Buffer.from(key).toString('base64') }));
  await files.write(name, sealer.seal(JSON.stringify(kept), place));
}
