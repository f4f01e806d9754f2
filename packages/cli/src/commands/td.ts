import type { Command } from 'commander';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';

/** `thingtalk td <id>`: the document as the gateway serves it. */
export function define(command: Command, context: Context): void {
  const { terminal, isJson } = context;
  withClientFlags(command.argument('<id>', "the thing's id, or its topic level"), context)
    .addHelpText('after', examples('td urn:dev:ops:my-lamp-1234', 'td lamp --json'))
    .action((id: string, flags: ClientFlags) =>
      withClient(flags, context, async (client) => {
        const td = await client.thing(id);
        terminal.out(JSON.stringify(td, undefined, isJson ? undefined : 2));
      }),
    );
}
