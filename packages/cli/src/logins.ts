import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError } from './cli-error.ts';

/** A gateway at which this user is logged in. */
export interface Login {
  /** Where it is, as `https://127.0.0.1:8080`. */
  readonly url: string;
  /** An API token of its own for this machine. */
  readonly token: string;
  /** The certificate authority it is trusted by, PEM. */
  readonly ca?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The file of the logins, for their owner alone: `thingtalk/logins.json` in the user's configuration. */
export function loginsFile({ XDG_CONFIG_HOME, APPDATA, HOME }: Environment): string {
  const configuration = XDG_CONFIG_HOME || APPDATA || join(HOME || homedir(), '.config');
  return join(configuration, 'thingtalk', 'logins.json');
}

/**
 * Every login of this user, the newest first.
 *
 * @throws {@link CliError} when others may read the file, or it is not one of logins.
 */
export function readLogins(env: Environment): readonly Login[] {
  const file = loginsFile(env);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  // Windows has no such modes: every file says 0666 there.
  if ((stat.mode & 0o077) !== 0 && process.platform !== 'win32') {
    throw new CliError('usage', `${file} may be read by others; do: chmod 600 ${file}`);
  }
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (Array.isArray(value) && value.every(isLogin)) return value;
  } catch {
    // Told below: what is in the file stays out of the message.
  }
  throw new CliError('usage', `${file} holds no logins; remove it, and log in again`);
}

/** The login at a gateway; without a URL the newest one. */
export function findLogin(env: Environment, url?: string): Login | undefined {
  const all = readLogins(env);
  return url === undefined ? all[0] : all.find((login) => login.url === originOf(url));
}

/** Keeps a login, as the newest one. */
export function saveLogin(env: Environment, login: Login): void {
  writeLogins(env, [login, ...readLogins(env).filter(({ url }) => url !== login.url)]);
}

/** Forgets the login at a gateway. */
export function dropLogin(env: Environment, url: string): void {
  writeLogins(
    env,
    readLogins(env).filter((login) => login.url !== url),
  );
}

/** A gateway's URL as logins are kept under it; as it is where it is none. */
export function originOf(url: string): string {
  return URL.parse(url)?.origin ?? url;
}

function writeLogins(env: Environment, logins: readonly Login[]): void {
  const file = loginsFile(env);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(logins, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

function isLogin(value: unknown): value is Login {
  const { url, token, ca } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const isText = typeof url === 'string' && typeof token === 'string';
  return isText && (ca === undefined || typeof ca === 'string');
}
