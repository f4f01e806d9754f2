import type { Client } from '@thingtalk/client';
import type { Command } from 'commander';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { table } from '../table.ts';
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
  const { terminal, isJson } = context;
  const renew = command
    .command('renew <id>')
    .description('give a device a new secret; the old one is over at once');
  withClientFlags(renew, context)
    .addHelpText('after', examples('devices renew device_3k7m'))
    .action((id: string, flags: ClientFlags) =>
      withClient(flags, context, async (client) => {
        const device = await post<{ readonly secret: string }>(client, at(id, 'renew'));
        terminal.out(isJson ? JSON.stringify(device) : printable(device.secret));
        const { dim } = terminal.style;
        if (!isJson) terminal.err(dim('its password from now on; it is not shown again'));
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
  const { terminal, isJson } = context;
  const remove = command
    .command('remove <id>')
    .description('remove a device, and close what it has open');
  withClientFlags(remove, context)
    .addHelpText('after', examples('devices remove device_3k7m'))
    .action((id: string, flags: ClientFlags) =>
      withClient(flags, context, async (client) => {
        await client.call(at(id), { method: 'DELETE' });
        if (isJson) terminal.out(JSON.stringify({ id, removed: true }));
        else terminal.err(`${printable(id)} is removed`);
      }),
    );
}

function showDevices(devices: readonly Device[], { terminal, isJson }: Context): void {
  const { bold, dim } = terminal.style;
  if (isJson) {
    terminal.out(JSON.stringify(devices));
    return;
  }
  if (devices.length === 0) {
    terminal.err(dim('no devices yet; let one in by: thingtalk devices claim'));
    return;
  }
  const [head = '', ...rows] = table([
    ['ID', 'NAME', 'OWNER', 'SEEN', 'THINGS'],
    ...devices.map(({ id, name, owner, seen = '', thingIds }) =>
      [id, name, owner, seen.replace(/\.\d+/, ''), thingIds.join(' ')].map(printable),
    ),
  ]);
  terminal.out(bold(head));
  for (const row of rows) terminal.out(row.trimEnd());
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
    `good once, until ${expires.replace(/\.\d+/, '')}; it is not shown again. The device exchanges it for its secret:`,
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
