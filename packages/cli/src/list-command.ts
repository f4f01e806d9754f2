import type { Command } from 'commander';
import { type ClientFlags, type Context, withClient, withClientFlags } from './context.ts';
import { type Listing, showList } from './listing.ts';

/** What a `list` command lists, and where it is found. */
export interface Listed<T> extends Omit<Listing<T>, 'items'> {
  /** Of the gateway's API, as `tokens`. */
  readonly path: string;
  readonly description: string;
}

/** Adds `list` to a command: all that the gateway has of something. */
export function defineList<T>(command: Command, context: Context, listed: Listed<T>): void {
  const list = command.command('list').description(listed.description);
  withClientFlags(list, context).action((flags: ClientFlags) =>
    withClient(flags, context, async (client) => {
      const items = (await client.call(listed.path)) as unknown as readonly T[];
      showList({ ...listed, items }, context);
    }),
  );
}
