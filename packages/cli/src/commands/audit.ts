import type { Client } from '@thingtalk/client';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { shortTime, showList } from '../listing.ts';
import { printable } from '../terminal.ts';

interface AuditFlags extends ClientFlags {
  readonly who?: string;
  readonly from?: string;
  readonly what?: string;
  readonly on?: string;
  readonly outcome?: string;
  readonly after?: string;
  readonly before?: string;
  readonly limit: number;
  readonly verify?: true;
}

/** An entry as the gateway shows it. */
interface Entry {
  readonly n: number;
  readonly time: string;
  readonly who: string;
  readonly from: string;
  readonly what: string;
  readonly on?: string;
  readonly outcome: string;
  readonly why?: string;
  readonly count?: number;
}

/** Most entries that the gateway gives at once. */
const pageSize = 1_000;

/** `thingtalk audit`: a line for each thing that was done or denied. */
export function define(command: Command, context: Context): void {
  withClientFlags(command, context)
    .option('--who <id>', 'only what this person, app or device did')
    .option('--from <address>', 'only from this address')
    .option('--what <name>', 'only this, as login or writeproperty; grant is also grant.create')
    .option('--on <subject>', 'only about this, as the id of a thing')
    .option('--outcome <outcome>', 'only what was allowed, or denied')
    .option('--after <time>', 'only after this time, as 2026-11-24T20:00:00Z')
    .option('--before <time>', 'only before this time')
    .option('--limit <count>', 'at most so many, the newest', count, 50)
    .option('--verify', 'look whether every line is as it was written')
    .addHelpText(
      'after',
      examples(
        'audit --outcome denied',
        'audit --who device_3k7m --after 2026-11-24 --limit 500',
        'audit --on urn:dev:ops:my-lamp-1234 --json',
        'audit --verify',
      ),
    )
    .action((flags: AuditFlags) =>
      withClient(flags, context, async (client) => {
        if (flags.verify) await verify(client, context);
        else show(await read(client, flags), context);
      }),
    );
}

/** The newest entries that fit, page after page. */
async function read(client: Client, flags: AuditFlags): Promise<readonly Entry[]> {
  const { who, from, what, on, outcome, after, before, limit } = flags;
  const wanted = Object.entries({ who, from, what, on, outcome, after, before }).flatMap(
    ([name, value]) => (value === undefined ? [] : [[name, value]]),
  );
  const entries: Entry[] = [];
  for (let below: number | undefined; entries.length < limit; below = entries.at(-1)?.n) {
    const query = new URLSearchParams(wanted);
    query.set('limit', String(Math.min(pageSize, limit - entries.length)));
    if (below !== undefined) query.set('below', String(below));
    const page = (await client.call(`audit?${query}`)) as unknown as {
      readonly entries: readonly Entry[];
      readonly next?: string;
    };
    entries.push(...page.entries);
    if (page.next === undefined) break;
  }
  return entries;
}

function show(items: readonly Entry[], context: Context): void {
  const head = ['TIME', 'OUTCOME', 'WHO', 'FROM', 'WHAT', 'ON', 'WHY'];
  const isAlarming = ({ outcome }: Entry) => outcome === 'denied';
  const none = 'nothing of that kind was recorded';
  showList({ items, head, cells, none, isAlarming }, context);
}

function cells({ time, outcome, who, from, what, on, why, count }: Entry): readonly string[] {
  const times = count === undefined ? '' : ` (${count} times more)`;
  return [shortTime(time), outcome, who, from, what + times, on ?? '', why ?? ''];
}

async function verify(client: Client, { terminal, isJson }: Context): Promise<void> {
  const verdict = (await client.call('audit/verify')) as unknown as {
    readonly entries: number;
    readonly wrong?: { readonly n: number; readonly file: string; readonly why: string };
  };
  const { entries, wrong } = verdict;
  if (isJson) terminal.out(JSON.stringify(verdict));
  else if (wrong === undefined) terminal.out(`${entries} lines are as they were written`);
  if (wrong !== undefined) {
    const { n, file, why } = wrong;
    throw new CliError('problem', `line ${n}, in ${printable(file)}: ${printable(why)}`);
  }
}

function count(text: string): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (number >= 1) return number;
  throw new CliError('usage', `'${text}' is not a number of entries from 1 to 999999`);
}
