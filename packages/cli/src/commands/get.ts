import type { JsonValue } from '@thingtalk/core';
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

type Flags = ClientFlags & { readonly fresh?: true };

/** `thingtalk get <id> [property]`: one value, or all as columns. */
export function define(command: Command, context: Context): void {
  command
    .argument('<id>', "the thing's id, or its topic level")
    .argument('[property]', 'one of its properties; all when left out')
    .option('--fresh', 'ask the device itself instead of the last value it confirmed');
  withClientFlags(command, context)
    .addHelpText('after', examples('get lamp', 'get lamp brightness', 'get lamp on --fresh --json'))
    .action((id: string, property: string | undefined, flags: Flags) =>
      withClient(flags, context, async (client) => {
        const thing = await client.consume(id);
        const options = { fresh: flags.fresh === true };
        if (property !== undefined) {
          context.terminal.out(JSON.stringify(await thing.readProperty(property, options)));
        } else showAll(await thing.readAllProperties(options), context);
      }),
    );
}

function showAll(
  values: Readonly<Record<string, JsonValue | undefined>>,
  { terminal, isJson }: Context,
): void {
  if (isJson) {
    terminal.out(JSON.stringify(values));
    return;
  }
  const rows = Object.entries(values).map(([name, value]) => [
    printable(name),
    JSON.stringify(value),
  ]);
  for (const row of table(rows)) terminal.out(row);
}
