import type { Client } from '@thingtalk/client';
import type { Command } from 'commander';
import { askPassword } from '../ask.ts';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { showDone, showList } from '../listing.ts';
import { type Person, people, personOf } from '../principals.ts';

interface AddFlags extends ClientFlags {
  readonly passwordFile?: string;
  readonly displayName?: string;
  readonly admin?: true;
}

const passwordFile = ['--password-file <file>', 'a file whose first line is the password'] as const;

/** `thingtalk users ...`: the people who may log in. */
export function define(command: Command, context: Context): void {
  command.addHelpText(
    'after',
    examples(
      'users list',
      'users add bob --password-file bob.txt',
      'users password bob',
      'users disable bob',
      'users remove bob',
    ),
  );
  withClientFlags(command.command('list').description('list the people'), context).action(
    (flags: ClientFlags) =>
      withClient(flags, context, async (client) => showPeople(await people(client), context)),
  );
  withClientFlags(command.command('add <name>').description('make somebody'), context)
    .option(...passwordFile)
    .option('--display-name <text>', 'what others see')
    .option('--admin', 'who manages the gateway too')
    .addHelpText('after', examples('users add bob', 'users add eve --admin'))
    .action((name: string, flags: AddFlags) => add(name, flags, context));
  withClientFlags(
    command.command('password <name>').description('give somebody a new password'),
    context,
  )
    .option(...passwordFile)
    .action((name: string, flags: AddFlags) =>
      withClient(flags, context, async (client) => {
        const { id } = await personOf(client, name);
        const password = await askPassword(flags.passwordFile, { isNew: true });
        await change(client, id, { password });
        showDone({ id }, `${name} has a new password, and is logged out everywhere`, context);
      }),
    );
  defineSwitch(command, context, { verb: 'disable', isDisabled: true, does: 'is kept out' });
  defineSwitch(command, context, { verb: 'enable', isDisabled: false, does: 'may come in' });
  withClientFlags(command.command('remove <name>').description('remove somebody'), context).action(
    (name: string, flags: ClientFlags) =>
      withClient(flags, context, async (client) => {
        const { id } = await personOf(client, name);
        await client.call(`people/${id}`, { method: 'DELETE' });
        showDone({ id, removed: true }, `${name} is removed`, context);
      }),
  );
}

interface Switch {
  readonly verb: string;
  readonly isDisabled: boolean;
  readonly does: string;
}

function defineSwitch(
  command: Command,
  context: Context,
  { verb, isDisabled, does }: Switch,
): void {
  const row = command.command(`${verb} <name>`).description(`from now on somebody ${does}`);
  withClientFlags(row, context).action((name: string, flags: ClientFlags) =>
    withClient(flags, context, async (client) => {
      const { id } = await personOf(client, name);
      await change(client, id, { isDisabled });
      showDone({ id, isDisabled }, `${name} ${does}`, context);
    }),
  );
}

async function add(name: string, flags: AddFlags, context: Context): Promise<void> {
  const password = await askPassword(flags.passwordFile, { isNew: true });
  const { displayName, admin } = flags;
  await withClient(flags, context, async (client) => {
    const body = { name, password, displayName };
    const made = await client.call('people', { method: 'POST', body });
    const person = made as unknown as Person;
    if (admin) await client.call(`groups/admins/members/${person.id}`, { method: 'PUT' });
    const may = admin ? 'manages the gateway' : 'may do nothing yet: see thingtalk grants';
    showDone(person, `${name} may log in, and ${may}`, context);
  });
}

async function change(client: Client, id: string, body: object): Promise<void> {
  await client.call(`people/${id}`, { method: 'PATCH', body });
}

function showPeople(items: readonly Person[], context: Context): void {
  const head = ['NAME', 'ID', 'SHOWN AS', 'STATE'];
  const cells = ({ name, id, displayName, isDisabled }: Person) => [
    ...[name, id, displayName],
    isDisabled ? 'kept out' : 'may come in',
  ];
  showList({ items, head, cells, none: 'nobody yet' }, context);
}
