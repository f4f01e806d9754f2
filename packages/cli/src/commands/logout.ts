import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { showDone } from '../listing.ts';
import { dropLogin, findLogin } from '../logins.ts';

/** `thingtalk logout`: ends the token of this machine, and forgets it. */
export function define(command: Command, context: Context): void {
  const { env } = context.terminal;
  withClientFlags(command, context)
    .addHelpText('after', examples('logout', 'logout --url https://hub.local:8080'))
    .action(async (flags: ClientFlags) => {
      const login = findLogin(env, flags.url);
      if (login === undefined) throw new CliError('usage', `nobody is logged in at ${flags.url}`);
      const { url, token } = login;
      dropLogin(env, url);
      const [, id = ''] = /^tt_pat_([^_]+)_/.exec(token) ?? [];
      await withClient({ ...flags, token }, context, async (client) => {
        await client.call(`tokens/pat_${id}`, { method: 'DELETE' });
      });
      showDone({ url }, `logged out at ${url}`, context);
    });
}
