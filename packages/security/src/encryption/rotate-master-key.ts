import type { Clock, Logger, Store } from '@thingtalk/core';
import { AuditLog } from '../audit/audit-log.ts';
import { readFormerKeys, writeFormerKeys } from '../audit/chain-keys.ts';
import { keepChainKey } from '../audit/keep-chain-key.ts';
import { type KeyFiles, keyFiles } from '../tls/key-files.ts';
import { ownFiles } from '../tls/own-certificates.ts';
import { sealedKeyFiles } from '../tls/sealed-key-files.ts';
import {
  MasterKey,
  MasterKeyError,
  type MasterKeys,
  masterKeyVariable,
  openMasterKeys,
  writeMasterKeys,
} from './master-keys.ts';
import { reseal } from './sealed-store.ts';
import { Sealer } from './sealer.ts';

/** What of a change of the master key is on the disk now, in this order; `document` comes for each. */
export type RotationStep = 'record' | 'key' | 'document' | 'files' | 'done';

/** What {@link rotateMasterKey} works with; nobody else uses any of it meanwhile. */
export interface Rotation {
  /** The data directory. */
  readonly directory: string;
  readonly auditDirectory: string;
  readonly tlsDirectory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The store as it is underneath, not the sealed one. */
  readonly store: Store;
  /** Which collections of it are sealed. */
  readonly collections: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after each step. */
  readonly told?: (step: RotationStep) => void;
}

/** What became of it. */
export interface RotatedKey {
  /** Of the key that seals from now on. */
  readonly id: string;
  /** How many documents were sealed again. */
  readonly documents: number;
  /** Whether the old key is still there: where keys are given, whoever gives them takes it away. */
  readonly isOldThere: boolean;
}

/**
 * Changes the master key: all that was sealed is sealed again.
 *
 * Until all is done the old key stands behind the new one, so that whenever the power fails everything can be read; doing it again
 * then takes it up where it ended. The new key is made here for the file; in the environment it has to stand already, in front.
 *
 * @throws {@link MasterKeyError} when the keys cannot be used, or none stands in front; {@link Problem} `seal-broken` for what no key opens.
 */
export async function rotateMasterKey(rotation: Rotation): Promise<RotatedKey> {
  const { directory, env, told = () => {} } = rotation;
  const before = await openMasterKeys({ directory, env });
  const isGiven = (env[masterKeyVariable] ?? '') !== '';
  if (isGiven && before.length === 1) {
    throw new MasterKeyError(
      `${masterKeyVariable}: there is one key in it; put a new one in front, as openssl rand -base64 32 makes it, and a space between`,
    );
  }
  await keepChainKey({ ...rotation, directory: rotation.auditDirectory }, before);
  told('record');
  const keys: MasterKeys = before.length > 1 ? before : [MasterKey.make(), ...before];
  if (!isGiven) await writeMasterKeys(directory, keys);
  told('key');
  const sealer = new Sealer(keys);
  const documents = await resealAll(rotation, sealer);
  await resealFiles(rotation, sealer);
  told('files');
  await record(rotation, keys[0], sealer);
  if (!isGiven) await writeMasterKeys(directory, [keys[0]]);
  told('done');
  return { id: keys[0].id, documents, isOldThere: isGiven };
}

/** Until there is nothing left: other gateways of the database may write with the old key until they know the new one. */
async function resealAll(rotation: Rotation, sealer: Sealer): Promise<number> {
  const { store, collections, told } = rotation;
  const work = { store, sealer, collections, author: 'security' };
  const onSealed = () => told?.('document');
  let count = 0;
  for (let some = -1; some !== 0; count += some) some = await reseal({ ...work, onSealed });
  return count;
}

async function resealFiles(rotation: Rotation, sealer: Sealer): Promise<void> {
  const tls = sealedKeyFiles(keyFiles(rotation.tlsDirectory), sealer);
  // To read one is to have it sealed with the current key.
  for (const name of [ownFiles.authority, ownFiles.server]) await tls.read(name);
  const files = recordFiles(rotation);
  await writeFormerKeys(files, sealer, await readFormerKeys(files, sealer));
}

async function record(rotation: Rotation, key: MasterKey, sealer: Sealer): Promise<void> {
  const { auditDirectory: directory, clock, logger } = rotation;
  const formerKeys = await readFormerKeys(recordFiles(rotation), sealer);
  const chainKey = key.derive('audit');
  await using log = await AuditLog.open({ directory, clock, logger, chainKey, formerKeys });
  const entry = {
    who: 'gateway',
    from: '',
    what: 'master-key.rotate',
    outcome: 'allowed',
  } as const;
  log.record({ ...entry, why: `the key ${key.id} seals from now on` });
}

function recordFiles({ auditDirectory }: Rotation): KeyFiles {
  return keyFiles(auditDirectory);
}
