import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { rightsOf } from '../grants.ts';
import { defineList } from '../list-command.ts';
import { shortTime, showDone, showSecret } from '../listing.ts';
import { momentOf } from '../moments.ts';

interface Token {
  readonly id: string;
  readonly principal: string;
  readonly name: string;
  readonly expires: string;
  readonly lastUsed?: string;
}

interface AddFlags extends ClientFlags {
  readonly until: string;
  readonly only?: string;
  readonly thing?: string;
  readonly affordance?: string;
  readonly clientId?: string;
}

/** `thingtalk tokens ...`: what programs act for you by, over HTTP, WebSocket and MQTT. */
export function define(command: Command, context: Context): void {
  command.addHelpText(
    'after',
    examples(
      'tokens list',
      'tokens add dashboard --until 90d --only read,observe',
      'tokens add switch --only write --thing urn:dev:lamp --affordance on',
      'tokens revoke pat_3k7m9x2c',
    ),
  );
  defineList<Token>(command, context, {
    path: 'tokens',
    description: 'list the tokens',
    head: ['ID', 'NAME', 'OF', 'EXPIRES', 'USED'],
    cells: ({ id, name, principal, expires, lastUsed }) => [
      ...[id, name, principal],
      ...[shortTime(expires), shortTime(lastUsed)],
    ],
    none: 'no tokens yet',
  });
  const add = command
    .command('add <name>')
    .description('make a token; it is shown this once')
    .option('--until <time>', 'when it is over, at most a year ahead', '90d')
    .option('--only <rights>', 'narrowed to these rights. Default: all you may do')
    .option('--thing <id>', 'narrowed to this thing')
    .option('--affordance <name>', 'narrowed to this property, action or event of it')
    .option(
      '--client-id <id>',
      'an MQTT client id that is its own, beside those that begin with its id',
    );
  withClientFlags(add, context).action((name: string, flags: AddFlags) => {
    const { clientId, until } = flags;
    const body = { name, expires: momentOf(until), scopes: scopesOf(flags), clientId };
    return withClient(flags, context, async (client) => {
      const made = await client.call('tokens', { method: 'POST', body });
      const token = made as unknown as Token & { readonly token: string };
      const remark = `${token.id}, good until ${shortTime(token.expires)}; it is not shown again. A bearer token; for MQTT the password, with ${token.id} as user name`;
      showSecret(token, { secret: token.token, remark }, context);
    });
  });
  const revoke = command
    .command('revoke <id>')
    .description('end a token, and close what is open by it');
  withClientFlags(revoke, context).action((id: string, flags: ClientFlags) =>
    withClient(flags, context, async (client) => {
      await client.call(`tokens/${encodeURIComponent(id)}`, { method: 'DELETE' });
      showDone({ id, revoked: true }, `${id} is over`, context);
    }),
  );
}

function scopesOf({ only, thing, affordance }: AddFlags): readonly object[] | undefined {
  if (affordance !== undefined && thing === undefined) {
    throw new CliError('usage', '--affordance names one of a thing: say which by --thing');
  }
  if (only === undefined && thing === undefined) return undefined;
  const on = thing === undefined ? undefined : { thing, affordance };
  return [{ rights: rightsOf(only ?? 'use'), on }];
}
