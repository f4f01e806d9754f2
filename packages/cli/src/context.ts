import { Client } from '@thingtalk/client';
import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { findLogin } from './logins.ts';
import type { Terminal } from './terminal.ts';
import { trustCertificates } from './trust.ts';

/** What every command is given. */
export interface Context {
  readonly terminal: Terminal;
  /** Whether answers are JSON, for programs. */
  readonly isJson: boolean;
}

/** A command's own module: adds arguments, options, examples and the work. */
export interface CommandModule {
  define(command: Command, context: Context): void;
}

/** The options of commands that ask a gateway. */
export interface ClientFlags {
  readonly url: string;
  readonly timeout: number;
  /** An API token, for a gateway that asks who one is. */
  readonly token?: string | undefined;
}

/** Where a gateway is looked for when nothing is said. */
const defaultUrl = 'http://127.0.0.1:8080';

/** Gives a command the options by which a gateway is found. */
export function withClientFlags(command: Command, { terminal: { env } }: Context): Command {
  return command
    .option(
      '--url <url>',
      'where the gateway is, also THINGTALK_URL; else where you logged in last',
      env.THINGTALK_URL || findLogin(env)?.url || defaultUrl,
    )
    .option('--token <token>', 'who you are: an API token; better in THINGTALK_TOKEN, or log in')
    .option('--timeout <ms>', 'how long it may take to answer', milliseconds, 10_000);
}

/** Works with a client of the gateway that the flags name, until done or interrupted, and closes it afterwards. */
export async function withClient(
  flags: ClientFlags,
  { terminal }: Context,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  using client = clientOf(withLogin(flags, terminal));
  const interruption = Promise.withResolvers<never>();
  const interrupt = () => interruption.reject(terminal.interrupted.reason);
  terminal.interrupted.addEventListener('abort', interrupt, { once: true });
  await Promise.race([work(client), interruption.promise]);
}

/** The flags with what a login at that gateway knows: its token, unless another is given, and whom to trust. */
export function withLogin<F extends ClientFlags>(flags: F, { env }: Pick<Terminal, 'env'>): F {
  const login = findLogin(env, flags.url);
  if (login?.ca !== undefined) trustCertificates(login.ca);
  return { ...flags, token: flags.token ?? (env.THINGTALK_TOKEN || login?.token) };
}

/**
 * A client of the gateway that the flags name.
 *
 * @throws {@link CliError} when that is no URL of a gateway.
 */
export function clientOf({ url, timeout, token = '' }: ClientFlags): Client {
  // Not shown: what is nearly a token is nearly a secret.
  if (!/^[\w.~+/-]*=*$/.test(token)) {
    throw new CliError('usage', 'the token has characters that no token has');
  }
  const headers = token === '' ? {} : { Authorization: `Bearer ${token}` };
  try {
    return new Client(url, { timeoutMs: timeout, headers });
  } catch (error) {
    throw new CliError('usage', (error as Error).message, { cause: error });
  }
}

/** Resolves when the user has had enough: for commands that have no end of their own. */
export function interruption({ interrupted }: Terminal): Promise<void> {
  return new Promise((resolve) => {
    if (interrupted.aborted) resolve();
    else interrupted.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Lines that show how a command is used. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ thingtalk ${line}`).join('\n')}`;
}

/**
 * Reads a number of milliseconds.
 *
 * @throws {@link CliError} that shows what was given instead.
 */
export function milliseconds(text: string): number {
  const ms = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (ms >= 1) return ms;
  throw new CliError('usage', `'${text}' is not a number of milliseconds from 1 to 999999999`);
}
