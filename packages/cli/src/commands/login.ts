import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ask, askPassword } from '../ask.ts';
import { type ClientFlags, type Context, examples, withClientFlags } from '../context.ts';
import { showDone } from '../listing.ts';
import { findLogin, loginsFile } from '../logins.ts';
import { signIn } from '../sign-in.ts';
import { trustCertificates } from '../trust.ts';

interface Flags extends ClientFlags {
  readonly name?: string;
  readonly passwordFile?: string;
}

/** `thingtalk login`: a token of its own for this machine, so that no command asks for a password again. */
export function define(command: Command, context: Context): void {
  const { terminal } = context;
  withClientFlags(command, context)
    .option('--name <name>', 'who you are')
    .option(
      '--password-file <file>',
      'a file whose first line is the password; - is standard input',
    )
    .addHelpText(
      'after',
      examples('login --url https://hub.local:8080 --ca ca.pem', 'login --name ada'),
    )
    .action(async ({ url, ...flags }: Flags, { parent }: Command) => {
      const file = parent?.opts<{ ca?: string }>().ca || terminal.env.THINGTALK_CA;
      const known = findLogin(terminal.env, url)?.ca;
      if (file === undefined && known !== undefined) trustCertificates(known);
      const ca = file === undefined ? known : readFileSync(file, 'utf8');
      const name = flags.name ?? (await ask('Name', { orBy: '--name' }));
      const password = await askPassword(flags.passwordFile);
      const login = await signIn({ url, name, password, ca }, terminal);
      const kept = loginsFile(terminal.env);
      showDone(
        { url: login.url, name },
        `${name} is logged in at ${login.url}, by ${kept}`,
        context,
      );
    });
}
