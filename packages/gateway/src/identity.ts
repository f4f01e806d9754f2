import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject, parseJson, ThingId } from '@thingtalk/core';
import { SettingsError } from './settings/settings-error.ts';

/** Who a gateway is, wherever it listens: two of them may share a broker. */
export interface Identity {
  /** `urn:uuid:...`, chosen at the first start. */
  readonly id: ThingId;
}

/** The file in the data directory that holds the {@link Identity}. */
export const identityFile = 'gateway.json';

/**
 * Reads who this gateway is, or decides it at the first start.
 *
 * @param directory the data directory; made when it is missing, for its owner alone
 * @throws {@link SettingsError} when the directory cannot be used, or the file does not hold an identity.
 */
export async function loadIdentity(directory: string): Promise<Identity> {
  const file = join(directory, identityFile);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const text = await readIfThere(file);
    return text === undefined ? await createIdentity(file) : parseIdentity(text, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const detail = `${directory} cannot be used as the data directory: ${error.message}`;
    throw new SettingsError([{ place: '--data', detail }]);
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A file that is half written when the power fails would be a gateway that forgot its name: it is renamed into place. */
async function createIdentity(file: string): Promise<Identity> {
  const identity = { id: ThingId(`urn:uuid:${randomUUID()}`) };
  const draft = `${file}.${process.pid}`;
  await using handle = await open(draft, 'w', 0o600);
  await handle.writeFile(`${JSON.stringify(identity)}\n`);
  await handle.sync();
  await rename(draft, file);
  return identity;
}

function parseIdentity(text: string, file: string): Identity {
  try {
    const value = parseJson(text);
    if (isJsonObject(value) && typeof value.id === 'string') return { id: ThingId(value.id) };
  } catch (error) {
    throw noIdentity(file, error instanceof Error ? error.message : String(error));
  }
  throw noIdentity(file, 'it has no "id"');
}

function noIdentity(file: string, reason: string): SettingsError {
  const detail = `${file} does not hold a gateway's identity (${reason}); restore it, or move it away: then this becomes a new gateway`;
  return new SettingsError([{ place: '--data', detail }]);
}
