import type { Client } from '@thingtalk/client';
import type { Command } from 'commander';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { rightsHelp, rightsOf, targetHelp, targetOf } from '../grants.ts';
import { defineList } from '../list-command.ts';
import { shortTime, showDone, showSecret } from '../listing.ts';
import { momentOf } from '../moments.ts';

interface Link {
  readonly id: string;
  readonly name: string;
  readonly expires: string;
}

interface AddFlags extends ClientFlags {
  readonly until: string;
  readonly rights: string;
  readonly affordance?: string;
}

/** `thingtalk links ...`: a guest comes in by a link, may do one thing, and only for a while. */
export function define(command: Command, context: Context): void {
  command.addHelpText(
    'after',
    examples(
      'links add "Kitchen lights" tag:kitchen --until sunday',
      'links add Plumber urn:dev:valve --rights read,write --until 4h',
      'links list',
      'links revoke guest_3k7m',
    ),
  );
  defineList<Link>(command, context, {
    path: 'guests',
    description: 'list the guest links',
    head: ['ID', 'NAME', 'UNTIL'],
    cells: ({ id, name, expires }) => [id, name, shortTime(expires)],
    none: 'no guests',
  });
  const add = command
    .command('add')
    .description('make a guest link; it is shown this once')
    .argument('<name>', 'what it is for')
    .argument('<what>', targetHelp)
    .requiredOption('--until <time>', 'sunday, 2026-11-30, a time, or 12h from now')
    .option('--rights <rights>', rightsHelp, 'use')
    .option('--affordance <name>', 'only this property, action or event of the thing');
  withClientFlags(add, context).action((name: string, what: string, flags: AddFlags) => {
    const until = momentOf(flags.until);
    const ops = rightsOf(flags.rights);
    const on = targetOf(what, flags.affordance);
    return withClient(flags, context, async (client) => {
      const link = await invite(client, { name, until, grant: { on, ops, when: { until } } });
      const remark = `${link.id}, good until ${shortTime(until)}; it is not shown again. The guest pastes it at ${new URL('login', client.url)}, or shows it as a bearer token`;
      showSecret(link, { secret: link.link, remark }, context);
    });
  });
  withClientFlags(command.command('revoke <id>').description('end a guest link'), context).action(
    (id: string, flags: ClientFlags) =>
      withClient(flags, context, async (client) => {
        await revoke(client, id);
        showDone({ id, revoked: true }, `${id} is over`, context);
      }),
  );
}

interface Invitation {
  readonly name: string;
  readonly until: string;
  readonly grant: object;
}

/** Link and grant, or neither: a link that may do nothing would only puzzle the guest. */
async function invite(client: Client, { name, until, grant }: Invitation) {
  const body = { name, expires: until };
  const made = await client.call('guests', { method: 'POST', body });
  const link = made as unknown as Link & { readonly link: string };
  try {
    const given = { ...grant, who: { guest: link.id } };
    await client.call('grants', { method: 'POST', body: given });
    return link;
  } catch (error) {
    await revoke(client, link.id);
    throw error;
  }
}

async function revoke(client: Client, id: string): Promise<void> {
  await client.call(`guests/${encodeURIComponent(id)}`, { method: 'DELETE' });
}
