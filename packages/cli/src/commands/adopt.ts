import type { Command } from 'commander';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { showDone } from '../listing.ts';

/** `thingtalk adopt <id>`: takes what the gateway can discover. */
export function define(command: Command, context: Context): void {
  withClientFlags(command.argument('<id>', 'the id that discover shows'), context)
    .addHelpText('after', examples('adopt urn:dev:ops:my-lamp-1234'))
    .action((id: string, flags: ClientFlags) =>
      withClient(flags, context, async (client) => {
        await client.adopt(id);
        showDone({ id, adopted: true }, `${id} is adopted; see it by: thingtalk td ${id}`, context);
      }),
    );
}
