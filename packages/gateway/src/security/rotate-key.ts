import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type Logger, silentLogger, systemClock } from '@thingtalk/core';
import {
  MasterKeyError,
  masterKeyFile,
  masterKeyVariable,
  type RotatedKey,
  type RotationStep,
  rotateMasterKey,
} from '@thingtalk/security';
import { openStorage } from '../open-storage.ts';
import { tlsDirectory } from '../open-tls.ts';
import { completeSettings } from '../settings/load-settings.ts';
import { SettingsError } from '../settings/settings-error.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { auditDirectory, sealedCollections } from './sealed-places.ts';

/** How a master key is changed. */
export interface RotateKeyParts {
  /** Where the master keys may stand. Default: the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Called after each step, once it is on the disk. */
  readonly told?: (step: RotationStep) => void;
}

/**
 * Changes the master key of a gateway that is not running, and seals with it all that was sealed with the one before.
 * What was interrupted is taken up when it is done again.
 *
 * @throws {@link SettingsError} when nothing is sealed there, or the keys cannot be used; {@link Problem} `conflict` while the gateway runs.
 */
export async function rotateKey(
  settings: Partial<GatewaySettings>,
  parts: RotateKeyParts = {},
): Promise<RotatedKey> {
  const complete = completeSettings(settings);
  const { data } = complete;
  const { env = process.env, clock = systemClock, logger = silentLogger, told } = parts;
  await checkSealed(complete, env);
  await using storage = await openStorage({ settings: complete, clock, logger });
  if (storage === undefined) throw nothingSealed('--database', 'with none nothing is kept');
  try {
    return await rotateMasterKey({
      ...{ directory: data, env, store: storage.store, clock, logger },
      auditDirectory: join(data, auditDirectory),
      tlsDirectory: join(data, tlsDirectory),
      collections: sealedCollections,
      ...(told && { told }),
    });
  } catch (error) {
    if (!(error instanceof MasterKeyError)) throw error;
    throw new SettingsError([{ place: '--data', detail: error.message }]);
  }
}

/** A directory that is named by mistake is left as it is. */
async function checkSealed(
  { data }: GatewaySettings,
  env: NonNullable<RotateKeyParts['env']>,
): Promise<void> {
  if ((env[masterKeyVariable] ?? '') !== '') return;
  const file = join(data, masterKeyFile);
  await access(file).catch(() => {
    throw nothingSealed('--data', `there is no ${file}, so nothing is sealed there`);
  });
}

function nothingSealed(place: string, detail: string): SettingsError {
  return new SettingsError([{ place, detail }]);
}
