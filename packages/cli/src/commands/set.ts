import type { Client, ConsumedThing } from '@thingtalk/client';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { printable } from '../terminal.ts';
import { readValue } from '../value.ts';

type Flags = ClientFlags & { readonly later?: true; readonly withdraw?: true };

/** What is to be set. */
interface Wanted {
  readonly id: string;
  readonly property: string;
  /** `undefined` when nothing was typed. */
  readonly text: string | undefined;
}

/** `thingtalk set <id> <property> <value>`: waits until the device confirms, and shows the value as it then is. */
export function define(command: Command, context: Context): void {
  command
    .argument('<id>', "the thing's id, or its topic level")
    .argument('<property>', 'the property')
    .argument('[value]', 'JSON, or text where the property is a text')
    .option('--later', 'where the thing is absent, have the value kept until it is back')
    .option('--withdraw', 'take back what is kept for the property');
  withClientFlags(command, context)
    .addHelpText(
      'after',
      examples(
        'set lamp on true',
        'set lamp brightness 40',
        'set lamp color "#ff8800"',
        'set freezer target -18',
        'set freezer target -20 --later',
        'set freezer target --withdraw',
      ),
    )
    .action((id: string, property: string, text: string | undefined, flags: Flags) => {
      checkFlags(text, flags);
      const wanted = { id, property, text };
      const work = flags.withdraw === true ? withdraw : set;
      return withClient(flags, context, (client) => work(client, wanted, { flags, context }));
    });
}

/** @throws {@link CliError} when it is unclear what is wanted. */
function checkFlags(text: string | undefined, { later, withdraw }: Flags): void {
  if (text === undefined && withdraw !== true) {
    throw new CliError('usage', 'a value is missing: thingtalk set lamp on true');
  }
  if (withdraw === true && (text !== undefined || later === true)) {
    throw new CliError('usage', '--withdraw goes with neither a value nor --later');
  }
}

interface Means {
  readonly flags: Flags;
  readonly context: Context;
}

async function set(
  client: Client,
  { id, property, text = '' }: Wanted,
  { flags, context }: Means,
): Promise<void> {
  const thing = await client.consume(id);
  const schema = thing.td.properties?.[property];
  const value = readValue(text, schema);
  const ifAbsent = flags.later === true ? 'keep' : 'refuse';
  if ((await thing.writeProperty(property, value, { ifAbsent })) === 'kept') {
    sayKept(thing, { id, property, text: JSON.stringify(value) }, context);
  } else if (schema?.writeOnly !== true) {
    context.terminal.out(JSON.stringify(await thing.readProperty(property)));
  }
}

async function withdraw(client: Client, { id, property }: Wanted, { context }: Means) {
  const thing = await client.consume(id);
  await thing.withdrawWish(property);
  if (context.isJson) context.terminal.out(JSON.stringify({ withdrawn: property }));
  else context.terminal.out(`withdrawn: ${printable(property)} of ${printable(thing.td.title)}`);
}

function sayKept(
  { td }: ConsumedThing,
  { id, property, text }: Wanted,
  { terminal, isJson }: Context,
): void {
  if (isJson) {
    terminal.out(JSON.stringify({ kept: { [property]: JSON.parse(text ?? 'null') } }));
    return;
  }
  terminal.out(
    `kept: ${printable(td.title)} is away, and gets ${printable(property)} ${text} when it is back`,
  );
  terminal.out(`to take it back: thingtalk set ${printable(id)} ${printable(property)} --withdraw`);
}
