import type { Command } from 'commander';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { rights } from '../grants.ts';
import { principalOf, whoHelp } from '../principals.ts';
import { printable } from '../terminal.ts';

interface Explanation {
  readonly allowed: boolean;
  readonly because: string;
  readonly needed?: string;
  readonly grants: readonly {
    readonly id: string;
    readonly says: string;
    readonly holds: boolean;
  }[];
}

interface Flags extends ClientFlags {
  readonly address?: string;
}

/** `thingtalk policy explain`: why somebody may do something, or may not. */
export function define(command: Command, context: Context): void {
  command.addHelpText('after', examples('policy explain bob write urn:dev:lamp on'));
  const explain = command
    .command('explain')
    .description('say why somebody may do something, or may not')
    .argument('<who>', whoHelp)
    .argument('<right>', rights.join(', '))
    .argument('<thing>', "the thing's id")
    .argument('[affordance]', 'its property, action or event. Default: all of it')
    .option('--address <address>', 'where they come from');
  withClientFlags(explain, context)
    .addHelpText(
      'after',
      examples(
        'policy explain bob write urn:dev:lamp on',
        'policy explain anonymous read urn:dev:lamp --address 192.0.2.7',
      ),
    )
    .action(
      (who: string, right: string, thing: string, affordance: string | undefined, flags: Flags) =>
        withClient(flags, context, async (client) => {
          const query = new URLSearchParams({ who: await principalOf(client, who), right, thing });
          if (affordance !== undefined) query.set('affordance', affordance);
          if (flags.address !== undefined) query.set('address', flags.address);
          const answer = await client.call(`policy/explain?${query}`);
          show(answer as unknown as Explanation, context);
        }),
    );
}

function show(explanation: Explanation, { terminal, isJson }: Context): void {
  if (isJson) {
    terminal.out(JSON.stringify(explanation));
    return;
  }
  const { allowed, because, needed, grants } = explanation;
  const { green, red, dim } = terminal.style;
  terminal.out(`${allowed ? green('allowed') : red('denied')}: ${printable(because)}`);
  if (needed !== undefined) terminal.out(printable(needed));
  for (const { id, says, holds } of grants) {
    terminal.out(dim(printable(`  ${id}: ${says}${holds ? '' : ', not now'}`)));
  }
}
