import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ask, askPassword } from '../ask.ts';
import { type Context, examples } from '../context.ts';
import { showDone } from '../listing.ts';
import { send, signIn } from '../sign-in.ts';
import { trustAuthority } from '../trust.ts';

interface Flags {
  readonly url: string;
  readonly data: string;
  readonly code?: string;
  readonly name?: string;
  readonly passwordFile?: string;
}

/** `thingtalk setup`: makes the first administrator, and logs this machine in. */
export function define(command: Command, context: Context): void {
  const { env } = context.terminal;
  command
    .option(
      '--url <url>',
      'where the gateway is, also THINGTALK_URL',
      env.THINGTALK_URL || 'https://127.0.0.1:8080',
    )
    .option(
      '--data <directory>',
      "the gateway's data directory, where its authority is, also THINGTALK_DATA",
      env.THINGTALK_DATA || '.thingtalk',
    )
    .option('--code <code>', 'the set-up code that the gateway has printed')
    .option('--name <name>', 'what the administrator is to be called')
    .option(
      '--password-file <file>',
      'a file whose first line is the password; - is standard input',
    )
    .addHelpText(
      'after',
      examples('setup', 'setup --code 7k2m9x4c-p3h8w6rt --name ada --password-file secret.txt'),
    )
    .action((flags: Flags, { parent }: Command) =>
      setUp(flags, parent?.opts<{ ca?: string }>().ca || env.THINGTALK_CA, context),
    );
}

async function setUp(flags: Flags, given: string | undefined, context: Context): Promise<void> {
  const { url } = flags;
  const ca = authorityOf(flags, given);
  const code = flags.code ?? (await ask('Set-up code', { orBy: '--code' }));
  const name = flags.name ?? (await ask('Your name', { orBy: '--name' }));
  const password = await askPassword(flags.passwordFile, { isNew: true });
  await send(new URL('setup', url).href, { code, name, password });
  const login = await signIn({ url, name, password, ca }, context.terminal);
  const sentence = `${name} administers ${login.url}; this machine is logged in`;
  showDone({ url: login.url, name }, sentence, context);
}

/** The authority to trust: the one that was given, or the one of a gateway whose data is here. */
function authorityOf({ data }: Flags, given: string | undefined): string | undefined {
  const file = given ?? join(data, 'tls', 'ca.pem');
  return given !== undefined || existsSync(file) ? trustAuthority(file) : undefined;
}
