import type { Client } from '@thingtalk/client';
import type { Command } from 'commander';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { shortTime, showDone, showList, showSecret } from '../listing.ts';
import { printable } from '../terminal.ts';

/** A device as the gateway lists it. */
interface Device {
  readonly id: string;
  readonly name: string;
  readonly thingIds: readonly string[];
  readonly owner: string;
  readonly seen?: string;
}

interface ClaimFlags extends ClientFlags {
  readonly thing?: readonly string[];
  readonly owner?: string;
  readonly group?: string;
}

/** A claim token as it is shown once. */
interface Claim {
  readonly token: string;
  readonly thingIds?: readonly string[];
  readonly expires: string;
}

/** `thingtalk devices ...`: who speaks for things on the bus. */
export function define(command: Command, context: Context): void {
  command.addHelpText(
    'after',
    examples(
      'devices list',
      'devices claim',
      'devices claim --thing urn:dev:ops:my-lamp-1234',
      'devices renew device_3k7m',
      'devices transfer device_3k7m --to person_9x2c',
      'devices remove device_3k7m',
    ),
  );
  defineList(command, context);
  defineClaim(command, context);
  defineRenew(command, context);
  defineTransfer(command, context);
  defineRemove(command, context);
}

function defineList(command: Command, context: Context): void {
  withClientFlags(command.command('list').description('list the devices'), context)
    .addHelpText('after', examples('devices list', 'devices list --json | jq -r ".[].id"'))
    .action((flags: ClientFlags) =>
      withClient(flags, context, async (client) => {
        showDevices((await client.call('devices')) as unknown as readonly Device[], context);
      }),
    );
}

function defineClaim(command: Command, context: Context): void {
  const claim = command
    .command('claim')
    .description('make a token with which one device comes in within ten minutes')
    .option('--thing <id>', 'a thing it may speak for; again for more. Default: new ones', collect)
    .option('--group <id>', 'the group it will be a member of')
    .option('--owner <id>', 'whose the device will be. Default: you');
  withClientFlags(claim, context)
    .addHelpText(
      'after',
      examples('devices claim', 'devices claim --thing urn:dev:ops:my-lamp-1234 --thing fan'),
    )
    .action((flags: ClaimFlags) =>
      withClient(flags, context, async (client) => {
        const { thing: thingIds, owner, group } = flags;
        const body = { thingIds, owner, group };
        showClaim(await post(client, 'devices/claims', body), client, context);
      }),
    );
}

function defineRenew(command: Command, context: Context): void {
  const renew = command
    .command('renew <id>')
    .description('give a device a new secret; the old one is over at once');
  withClientFlags(renew, context)
    .addHelpText('after', examples('devices renew device_3k7m'))
    .action((id: string, flags: ClientFlags) =>
      withClient(flags, context, async (client) => {
        const device = await post<{ readonly secret: string }>(client, at(id, 'renew'));
        const remark = 'its password from now on; it is not shown again';
        showSecret(device, { secret: device.secret, remark }, context);
      }),
    );
}

function defineTransfer(command: Command, context: Context): void {
  const transfer = command
    .command('transfer <id>')
    .description('take a device from its owner, and make a token for the next one')
    .requiredOption('--to <id>', 'who gets it');
  withClientFlags(transfer, context)
    .addHelpText('after', examples('devices transfer device_3k7m --to person_9x2c'))
    .action((id: string, flags: ClientFlags & { readonly to: string }) =>
      withClient(flags, context, async (client) => {
        const claim = await post<Claim>(client, at(id, 'transfer'), { owner: flags.to });
        showClaim(claim, client, context);
      }),
    );
}

function defineRemove(command: Command, context: Context): void {
  const remove = command
    .command('remove <id>')
    .description('remove a device, and close what it has open');
  withClientFlags(remove, context)
    .addHelpText('after', examples('devices remove device_3k7m'))
    .action((id: string, flags: ClientFlags) =>
      withClient(flags, context, async (client) => {
        await client.call(at(id), { method: 'DELETE' });
        showDone({ id, removed: true }, `${id} is removed`, context);
      }),
    );
}

function showDevices(items: readonly Device[], context: Context): void {
  const head = ['ID', 'NAME', 'OWNER', 'SEEN', 'THINGS'];
  const cells = ({ id, name, owner, seen, thingIds }: Device) => [
    ...[id, name, owner],
    ...[shortTime(seen), thingIds.join(' ')],
  ];
  const none = 'no devices yet; let one in by: thingtalk devices claim';
  showList({ items, head, cells, none }, context);
}

/** The token is the answer; how it is used is said beside it. */
function showClaim(claim: Claim, client: Client, { terminal, isJson }: Context): void {
  const { token, thingIds, expires } = claim;
  if (isJson) {
    terminal.out(JSON.stringify(claim));
    return;
  }
  terminal.out(printable(token));
  const url = new URL('devices/claim', client.url);
  const trust = url.protocol === 'https:' ? '--cacert ca.pem ' : '';
  const things = thingIds === undefined ? ', "thingIds": ["urn:dev:..."]' : '';
  for (const line of [
    `good once, until ${shortTime(expires)}; it is not shown again. The device exchanges it for its secret:`,
    `  curl ${trust}-H 'Content-Type: application/json' ${url} \\`,
    `    -d '{"token": "...", "name": "..."${things}}'`,
  ]) {
    terminal.err(terminal.style.dim(line));
  }
}

async function post<T = Claim>(client: Client, path: string, body?: object): Promise<T> {
  return (await client.call(path, { method: 'POST', body })) as unknown as T;
}

function at(id: string, action?: string): string {
  return ['devices', encodeURIComponent(id), ...(action ? [action] : [])].join('/');
}

function collect(id: string, before: readonly string[] = []): readonly string[] {
  return [...before, id];
}
