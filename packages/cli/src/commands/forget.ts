import type { Command } from 'commander';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { printable } from '../terminal.ts';

/** `thingtalk forget <id>`: takes a thing out of the gateway, until it is adopted again. */
export function define(command: Command, context: Context): void {
  const { terminal, isJson } = context;
  withClientFlags(command.argument('<id>', "the thing's id, or its topic level"), context)
    .addHelpText('after', examples('forget urn:dev:ops:my-lamp-1234', 'forget lamp'))
    .action((id: string, flags: ClientFlags) =>
      withClient(flags, context, async (client) => {
        await client.forget(id);
        if (isJson) terminal.out(JSON.stringify({ id, forgotten: true }));
        else terminal.err(`${printable(id)} is forgotten`);
      }),
    );
}
