import type { Command } from 'commander';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { rightsHelp, rightsOf, targetHelp, targetOf } from '../grants.ts';
import { defineList } from '../list-command.ts';
import { showDone } from '../listing.ts';
import { momentOf } from '../moments.ts';
import { granteeOf, whoHelp } from '../principals.ts';

interface Grant {
  readonly id: string;
  readonly says: string;
}

interface AddFlags extends ClientFlags {
  readonly affordance?: string;
  readonly deny?: true;
  readonly from?: string;
  readonly until?: string;
  readonly days?: string;
  readonly hours?: string;
  readonly zone?: string;
  readonly network?: readonly string[];
}

/** `thingtalk grants ...`: who may do what. */
export function define(command: Command, context: Context): void {
  command.addHelpText(
    'after',
    examples(
      'grants list',
      'grants add bob read,write urn:dev:lamp --affordance on --until sunday',
      'grants add group:family use tag:kitchen --days sat,sun --hours 07:00-22:00',
      'grants add people manage all --deny --network 0.0.0.0/0',
      'grants remove grant_6f1c',
    ),
  );
  defineList<Grant>(command, context, {
    path: 'grants',
    description: 'list who may do what',
    head: ['ID', 'SAYS'],
    cells: ({ id, says }) => [id, says],
    none: 'nothing is granted to anybody but admins',
  });
  defineAdd(command, context);
  const remove = command
    .command('remove <id>')
    .description('take a grant back, and close what is open by it');
  withClientFlags(remove, context).action((id: string, flags: ClientFlags) =>
    withClient(flags, context, async (client) => {
      await client.call(`grants/${encodeURIComponent(id)}`, { method: 'DELETE' });
      showDone({ id, removed: true }, `${id} is taken back`, context);
    }),
  );
}

function defineAdd(command: Command, context: Context): void {
  const add = command
    .command('add')
    .description('grant something to somebody, or deny it')
    .argument('<who>', whoHelp)
    .argument('<rights>', rightsHelp)
    .argument('<what>', targetHelp)
    .option('--affordance <name>', 'only this property, action or event of the thing')
    .option('--deny', 'denies it, whatever else allows it')
    .option('--from <time>', 'not before, as 2026-11-30T18:00:00Z')
    .option('--until <time>', 'not after: sunday, 2026-11-30, a time, or 12h from now')
    .option('--days <days>', 'only on these days, as mon,tue')
    .option('--hours <hours>', 'only at these hours, as 07:00-22:00')
    .option('--zone <zone>', "by whose clock. Default: this machine's")
    .option('--network <cidr>', 'only from there, as 192.168.1.0/24; again for more', collect);
  withClientFlags(add, context)
    .addHelpText('after', examples('grants add bob read urn:dev:lamp', 'grants add people use all'))
    .action((who: string, rights: string, what: string, flags: AddFlags) => {
      const ops = rightsOf(rights);
      const on = targetOf(what, flags.affordance);
      const when = conditionsOf(flags);
      const effect = flags.deny ? 'deny' : 'allow';
      return withClient(flags, context, async (client) => {
        const body = { who: await granteeOf(client, who), on, ops, effect, when };
        const made = await client.call('grants', { method: 'POST', body });
        const grant = made as unknown as Grant;
        showDone(grant, `${grant.id}: ${grant.says}`, context);
      });
    });
}

function conditionsOf({ from, until, days, hours, zone, network }: AddFlags): object | undefined {
  const [start = '', end = ''] = hours?.split('-', 2) ?? [];
  const needsZone = days !== undefined || hours !== undefined;
  const when = {
    ...(from !== undefined && { from: momentOf(from) }),
    ...(until !== undefined && { until: momentOf(until) }),
    ...(days !== undefined && { days: days.split(',') }),
    ...(hours !== undefined && { hours: { from: start, to: end } }),
    ...(needsZone && { zone: zone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone }),
    ...(network !== undefined && { network }),
  };
  return Object.keys(when).length === 0 ? undefined : when;
}

function collect(network: string, before: readonly string[] = []): readonly string[] {
  return [...before, network];
}
