import type { Command } from 'commander';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { showDone } from '../listing.ts';

/** `thingtalk forget <id>`: takes a thing out of the gateway, until it is adopted again. */
export function define(command: Command, context: Context): void {
  withClientFlags(command.argument('<id>', "the thing's id, or its topic level"), context)
    .addHelpText('after', examples('forget urn:dev:ops:my-lamp-1234', 'forget lamp'))
    .action((id: string, flags: ClientFlags) =>
      withClient(flags, context, async (client) => {
        await client.forget(id);
        showDone({ id, forgotten: true }, `${id} is forgotten`, context);
      }),
    );
}
