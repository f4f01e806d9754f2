import type { Command } from 'commander';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { showDone, showList } from '../listing.ts';
import { people, principalOf } from '../principals.ts';

interface Group {
  readonly id: string;
  readonly name: string;
  readonly members: readonly string[];
}

/** `thingtalk groups ...`: who is meant together. Members of `admins` manage the gateway. */
export function define(command: Command, context: Context): void {
  command.addHelpText(
    'after',
    examples(
      'groups list',
      'groups add family bob',
      'groups remove family bob',
      'groups delete family',
    ),
  );
  withClientFlags(command.command('list').description('list the groups'), context).action(
    (flags: ClientFlags) => withClient(flags, context, async (client) => list(client, context)),
  );
  const add = command
    .command('add <group> <who>')
    .description('put somebody into a group, which is made where there is none');
  withClientFlags(add, context).action((group: string, who: string, flags: ClientFlags) =>
    withClient(flags, context, async (client) => {
      const path = `groups/${encodeURIComponent(group)}/members/${await principalOf(client, who)}`;
      await client.call(path, { method: 'PUT' });
      showDone({ group, who }, `${who} is in ${group}`, context);
    }),
  );
  const remove = command
    .command('remove <group> <who>')
    .description('take somebody out of a group');
  withClientFlags(remove, context).action((group: string, who: string, flags: ClientFlags) =>
    withClient(flags, context, async (client) => {
      const path = `groups/${encodeURIComponent(group)}/members/${await principalOf(client, who)}`;
      await client.call(path, { method: 'DELETE' });
      showDone({ group, who }, `${who} is no longer in ${group}`, context);
    }),
  );
  withClientFlags(
    command.command('delete <group>').description('delete a group that nothing is granted to'),
    context,
  ).action((group: string, flags: ClientFlags) =>
    withClient(flags, context, async (client) => {
      await client.call(`groups/${encodeURIComponent(group)}`, { method: 'DELETE' });
      showDone({ group, removed: true }, `${group} is deleted`, context);
    }),
  );
}

async function list(client: Parameters<typeof people>[0], context: Context): Promise<void> {
  const items = (await client.call('groups')) as unknown as readonly Group[];
  const named = new Map((await people(client)).map(({ id, name }) => [id, name]));
  const cells = ({ id, name, members }: Group) => [
    ...[id, name],
    members.map((member) => named.get(member) ?? member).join(' '),
  ];
  const none = 'no groups yet; make one by: thingtalk groups add family bob';
  showList({ items, head: ['GROUP', 'NAME', 'MEMBERS'], cells, none }, context);
}
