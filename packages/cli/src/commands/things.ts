import type { ThingDescription } from '@thingtalk/core';
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

/** `thingtalk things`: a line for each thing. */
export function define(command: Command, context: Context): void {
  withClientFlags(command, context)
    .addHelpText('after', examples('things', 'things --json | jq -r ".[].id"'))
    .action((flags: ClientFlags) =>
      withClient(flags, context, async (client) => show(await client.things(), context)),
    );
}

function show(tds: readonly ThingDescription[], { terminal, isJson }: Context): void {
  const { bold, dim } = terminal.style;
  if (isJson) {
    terminal.out(JSON.stringify(tds));
    return;
  }
  if (tds.length === 0) {
    terminal.err(dim('no things yet'));
    return;
  }
  const [head = '', ...rows] = table([
    ['ID', 'TITLE', 'PROPERTIES', 'ACTIONS'],
    ...tds.map(({ id, title, properties, actions }) =>
      [id, title, names(properties), names(actions)].map(printable),
    ),
  ]);
  terminal.out(bold(head.trimEnd()));
  for (const row of rows) terminal.out(row.trimEnd());
}

function names(section: object | undefined): string {
  return Object.keys(section ?? {}).join(' ');
}
