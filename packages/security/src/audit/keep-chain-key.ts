import type { MasterKey, MasterKeys } from '../encryption/master-keys.ts';
import { Sealer } from '../encryption/sealer.ts';
import { keyFiles } from '../tls/key-files.ts';
import { AuditLog, type AuditLogOptions } from './audit-log.ts';
import { type FormerChainKey, readFormerKeys, writeFormerKeys } from './chain-keys.ts';

/** Where a log is that is not open. */
export type ClosedLog = Pick<AuditLogOptions, 'directory' | 'clock' | 'logger'>;

/**
 * Keeps the key that joined the lines so far, for when another takes its place: before a new master key is made, and at the start
 * where a new one was put in front.
 *
 * @param keys the first of which seals; where it stands alone it is about to be replaced.
 */
export async function keepChainKey(log: ClosedLog, keys: MasterKeys): Promise<void> {
  const sealer = new Sealer(keys);
  const files = keyFiles(log.directory);
  const former = await readFormerKeys(files, sealer);
  const joined = await joinedBy(log, keys, former);
  const isKept = joined.last <= (former.at(-1)?.last ?? 0);
  const isCurrent = keys.length > 1 && joined.key === keys[0];
  if (isKept || isCurrent) return;
  const kept = { last: joined.last, key: joined.key.derive('audit') };
  await writeFormerKeys(files, sealer, [...former, kept]);
}

/** The key that joined the newest line, and its number. A log that was tampered with says so by whichever key. */
async function joinedBy(
  place: ClosedLog,
  keys: MasterKeys,
  formerKeys: readonly FormerChainKey[],
): Promise<{ readonly key: MasterKey; readonly last: number }> {
  const { directory, clock, logger } = place;
  let last = 0;
  for (const key of keys) {
    const chainKey = key.derive('audit');
    await using log = await AuditLog.open({ directory, clock, logger, chainKey, formerKeys });
    last = log.last;
    if ((await log.verify()).wrong === undefined) return { key, last };
  }
  return { key: keys.at(-1) ?? keys[0], last };
}
