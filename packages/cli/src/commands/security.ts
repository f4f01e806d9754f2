import { loadSettings, rotateKey } from '@thingtalk/gateway';
import type { Command } from 'commander';
import { type Context, examples } from '../context.ts';
import { showDone } from '../listing.ts';

interface Flags {
  readonly config?: string;
  readonly data?: string;
  readonly database?: string;
}

/** `thingtalk security ...`: what is done about a gateway's secrets while it does not run. */
export function define(command: Command, context: Context): void {
  command.addHelpText('after', examples('security rotate-key --data /var/lib/thingtalk'));
  command
    .command('rotate-key')
    .description('make a new master key, and seal everything with it; the gateway must not run')
    .option('--config <file>', 'a YAML file of settings, as the gateway is given')
    .option('--data <directory>', "the gateway's data directory")
    .option('--database <database>', 'the database that it is told to use')
    .action((flags: Flags) => rotate(flags, context));
}

async function rotate({ config, ...flags }: Flags, context: Context): Promise<void> {
  const { env, err, style } = context.terminal;
  const settings = loadSettings({ flags, env, ...(config !== undefined && { file: config }) });
  const rotated = await rotateKey(settings, { env });
  const { id, documents, isOldThere } = rotated;
  showDone(
    rotated,
    `the master key is now ${id}; ${documents} documents were sealed again`,
    context,
  );
  if (context.isJson) return;
  const next = isOldThere
    ? 'take the old key out of THINGTALK_MASTER_KEY now'
    : 'make a new copy of master.key now';
  err(style.dim(`${next}; copies of the database from before open with the old key alone`));
}
