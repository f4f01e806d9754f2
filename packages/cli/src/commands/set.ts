import type { Command } from 'commander';
import {
  type ClientFlags,
  type Context,
  examples,
  withClient,
  withClientFlags,
} from '../context.ts';
import { readValue } from '../value.ts';

/** `thingtalk set <id> <property> <value>`: waits until the device confirms, and shows the value as it then is. */
export function define(command: Command, context: Context): void {
  command
    .argument('<id>', "the thing's id, or its topic level")
    .argument('<property>', 'the property')
    .argument('<value>', 'JSON, or text where the property is a text');
  withClientFlags(command, context)
    .addHelpText(
      'after',
      examples(
        'set lamp on true',
        'set lamp brightness 40',
        'set lamp color "#ff8800"',
        'set freezer target -18',
      ),
    )
    .action((id: string, property: string, text: string, flags: ClientFlags) =>
      withClient(flags, context, async (client) => {
        const thing = await client.consume(id);
        const schema = thing.td.properties?.[property];
        await thing.writeProperty(property, readValue(text, schema));
        if (schema?.writeOnly === true) return;
        context.terminal.out(JSON.stringify(await thing.readProperty(property)));
      }),
    );
}
