import type { ThingDescription } from '@thingtalk/core';
import type { Command } from 'commander';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { showList } from '../listing.ts';

/** `thingtalk things`: a line for each thing. */
export function define(command: Command, context: Context): void {
  withClientFlags(command, context)
    .addHelpText('after', examples('things', 'things --json | jq -r ".[].id"'))
    .action((flags: ClientFlags) =>
      withClient(flags, context, async (client) => show(await client.things(), context)),
    );
}

function show(items: readonly ThingDescription[], context: Context): void {
  const head = ['ID', 'TITLE', 'PROPERTIES', 'ACTIONS'];
  const cells = ({ id, title, properties, actions }: ThingDescription) => [
    ...[id, title],
    ...[names(properties), names(actions)],
  ];
  showList({ items, head, cells, none: 'no things yet' }, context);
}

function names(section: object | undefined): string {
  return Object.keys(section ?? {}).join(' ');
}
