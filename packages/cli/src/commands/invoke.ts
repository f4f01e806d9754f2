import type { ActionRun } from '@thingtalk/client';
import type { JsonValue } from '@thingtalk/core';
import type { Command } from 'commander';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { readValue } from '../value.ts';

type Flags = ClientFlags & { readonly wait?: true };

/** `thingtalk invoke <id> <action> [input]`: starts a run, and with `--wait` follows it to its end. */
export function define(command: Command, context: Context): void {
  command
    .argument('<id>', "the thing's id, or its topic level")
    .argument('<action>', 'the action')
    .argument('[input]', 'its input, JSON or text')
    .option('--wait', 'wait until it has ended; a run that fails ends with 1');
  withClientFlags(command, context)
    .addHelpText(
      'after',
      examples(
        `invoke lamp fade '{"brightness": 10, "duration": 1000}' --wait`,
        'invoke cleaner dock',
      ),
    )
    .action((id: string, action: string, input: string | undefined, flags: Flags) =>
      withClient(flags, context, async (client) => {
        const thing = await client.consume(id);
        const schema = thing.td.actions?.[action]?.input;
        const value = input === undefined ? undefined : readValue(input, schema);
        const run = await thing.invokeAction(action, value);
        if (flags.wait) await follow(run, context);
        show(run, context);
      }),
    );
}

async function follow(run: ActionRun<JsonValue>, { terminal, isJson }: Context): Promise<void> {
  if (!isJson) {
    run.onStatus(({ status, progress }) => {
      const far = typeof progress === 'number' ? ` ${Math.round(progress * 100)} %` : '';
      terminal.err(terminal.style.dim(status + far));
    });
  }
  await run.ended;
}

function show({ status, href }: ActionRun<JsonValue>, { terminal, isJson }: Context): void {
  const { output } = status;
  if (isJson) terminal.out(JSON.stringify({ ...status, ...(href && { href }) }));
  else if (status.status === 'completed') {
    terminal.out(output === undefined ? 'completed' : JSON.stringify(output));
  } else terminal.out(`${status.status} ${href ?? ''}`.trimEnd());
}
