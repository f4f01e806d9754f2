import { hkdfSync, randomBytes } from 'node:crypto';
import { access, constants, link, mkdir, open, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from './secret.ts';

/** The environment variable that holds the master key, base64; before the file. */
export const masterKeyVariable = 'THINGTALK_MASTER_KEY';

/** The file in the data directory that holds it, made at the first start. */
export const masterKeyFile = 'master.key';

/** Bytes of a key: AES-256. */
const keyBytes = 32;
/** Bytes of the longest file that is read: some ninety keys. */
const maxFileBytes = 4_096;
/** Characters of 32 bytes in base64. */
const keyText = /^[A-Za-z0-9+/]{43}=$/;

/** One master key. */
export class MasterKey {
  /** Says which key sealed something, and nothing else of it: 16 hex digits. */
  readonly id: string;
  readonly #key: Secret<Buffer>;

  /** @param key 32 bytes. */
  constructor(key: Buffer) {
    this.#key = new Secret(key);
    this.id = this.derive('id').toString('hex', 0, 8);
  }

  /** A new one, from the system's random numbers. */
  static make(): MasterKey {
    return new MasterKey(randomBytes(keyBytes));
  }

  /** The key as its file holds it, in base64. */
  get text(): Secret {
    return new Secret(this.#key.reveal().toString('base64'));
  }

  /**
   * A key of its own for one purpose: nobody learns this one, or that of another purpose, from it.
   *
   * @param purpose what it is for; two purposes never share a key.
   * @param salt makes a key for one use. Default none.
   * @see {@link https://www.rfc-editor.org/rfc/rfc5869 | RFC 5869, HKDF}
   */
  derive(purpose: string, salt: Uint8Array = new Uint8Array()): Buffer {
    const info = `thingtalk ${purpose}`;
    return Buffer.from(hkdfSync('sha256', this.#key.reveal(), salt, info, keyBytes));
  }
}

/** The master keys there are: the first seals; the others open what they sealed before it took their place. */
export type MasterKeys = readonly [MasterKey, ...MasterKey[]];

/** A master key that cannot be used: one line that says where and why, and nothing of the key. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
}

/** Where the master keys are. */
export interface MasterKeyPlace {
  /** The data directory, made when it is not there. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the master keys from the environment, or else from the file `master.key`, which is made at the first start.
 *
 * Either holds keys of 32 bytes in base64, apart by spaces, commas or line breaks. `thingtalk security rotate-key` changes
 * the key: it puts a new one in front, has everything sealed again ({@link reseal}), and takes the old one away.
 *
 * @throws {@link MasterKeyError} when the file may be read by others than its owner, or holds no key.
 */
export async function openMasterKeys({ directory, env }: MasterKeyPlace): Promise<MasterKeys> {
  const given = env[masterKeyVariable];
  if (given !== undefined && given !== '') return readMasterKeys(given, masterKeyVariable);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, masterKeyFile);
  await makeFile(path);
  return readMasterKeys(await readFile(path), path);
}

/**
 * Reads keys from a text.
 *
 * @param place where the text is, for the message.
 * @throws {@link MasterKeyError} when one of them is not 32 bytes in base64, or there is none.
 */
export function readMasterKeys(text: string, place: string): MasterKeys {
  const texts = text.split(/[\s,]+/).filter((one) => one !== '');
  const keys = texts.map((one, at) => {
    if (keyText.test(one)) return new MasterKey(Buffer.from(one, 'base64'));
    const which = texts.length === 1 ? 'the key' : `key ${at + 1} of ${texts.length}`;
    throw new MasterKeyError(`${place}: ${which} is not ${keyBytes} bytes in base64`);
  });
  const [first, ...rest] = keys;
  if (first === undefined) throw new MasterKeyError(`${place}: there is no key in it`);
  return [first, ...rest];
}

/**
 * Puts keys in the place of those in the file `master.key`: all of them or, when the power fails, none.
 *
 * @param directory the data directory, which nobody else uses meanwhile.
 */
export async function writeMasterKeys(directory: string, keys: MasterKeys): Promise<void> {
  const path = join(directory, masterKeyFile);
  // Of one name: what a crash leaves behind is written over by the next.
  const draft = `${path}.next`;
  await writeDraft(draft, keys, 'w');
  await rename(draft, path);
  await flushDirectory(directory);
}

async function writeDraft(path: string, keys: MasterKeys, flag: 'w' | 'wx'): Promise<void> {
  const text = keys.map((key) => `${key.text.reveal()}\n`).join('');
  await writeFile(path, text, { flag, mode: 0o600, flush: true });
}

/** Which file a name means is itself kept in the directory. */
async function flushDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using handle = await open(directory, constants.O_RDONLY);
  await handle.sync();
}

/**
 * Makes the file with a new key, unless there is one: of two who start at once, one makes it.
 *
 * It appears with its content, on disk: what is sealed with a key that is lost in a power cut is lost with it.
 */
async function makeFile(path: string): Promise<void> {
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    await access(path);
  } catch {
    await writeDraft(draft, [MasterKey.make()], 'wx');
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await unlink(draft);
  }
}

async function readFile(path: string): Promise<string> {
  // Asked of the open file: between a look at a path and its opening another file can be put there.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((cause) => {
    throw new MasterKeyError(`${path}: ${cause.message}`, { cause });
  });
  try {
    const { mode, size } = await file.stat();
    const others = mode & 0o077;
    // Windows has no such modes: every file says 0666 there.
    if (others !== 0 && process.platform !== 'win32') {
      const shown = (mode & 0o777).toString(8).padStart(4, '0');
      throw new MasterKeyError(
        `${path}: its mode is ${shown}, and others may read it; do: chmod 600 ${path}`,
      );
    }
    if (size > maxFileBytes) {
      throw new MasterKeyError(`${path}: ${size} bytes are more than ${maxFileBytes}`);
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
