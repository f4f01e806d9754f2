import { basename, extname, join } from 'node:path';
import { Servient, type ThingDefinition, Topics } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import { ajvSchemas } from '@thingtalk/core/validate';
import { loadSettings, startGateway } from '@thingtalk/gateway';
import type { Command } from 'commander';
import { type Context, examples, interruption } from '../context.ts';
import { loadDefinitions } from '../definitions.ts';
import { farewell, quietLog, reaching, serve, shownUrl } from '../serve.ts';

interface Flags {
  readonly http?: string;
  readonly mqtt?: string;
  readonly broker?: string;
  readonly data?: string;
  readonly keep?: string;
  readonly logLevel?: string;
}

/** How long a broker is tried before it is said to be away, in milliseconds. */
const giveUpAfterMs = 5_000;

/** `thingtalk expose FILE`: the file's things with doors of their own, or as things alone on a broker. */
export function define(command: Command, context: Context): void {
  command
    .argument(
      '<file>',
      'TypeScript whose default export is a thing, a list of things, or a function',
    )
    .option('--http <port>', 'serve HTTP and WebSocket there (0 is any free port)')
    .option('--mqtt <port>', 'port of its own broker (default: any free port)')
    .option('--broker <url>', 'use that broker; without --http the things are served there alone')
    .option('--data <directory>', 'what it keeps (default: .thingtalk/expose)')
    .option(
      '--keep <directory>',
      'with --broker: where the things keep their values, and what they said while nobody stored it (default: .thingtalk/things/<name of the file>)',
    )
    .option('--log-level <level>', 'how much is logged')
    .addHelpText(
      'after',
      `${examples(
        'expose lamp.ts --http 8888',
        'expose lamp.ts --broker mqtt://192.0.2.7:1883',
      )}\n\nThe file:\n  import { defineThing } from '@thingtalk/core';\n  export default defineThing('urn:dev:lamp', {\n    title: 'Lamp',\n    properties: { on: { type: 'boolean' } },\n  }, { initial: { on: true } });`,
    )
    .action(async (file: string, flags: Flags) => {
      const definitions = await loadDefinitions(file);
      if (flags.broker !== undefined && flags.http === undefined) {
        const name = basename(file, extname(file));
        const { broker, keep = join('.thingtalk', 'things', name) } = flags;
        await exposeOn({ broker, keep }, definitions, context);
      } else await exposeAlone(flags, definitions, context);
    });
}

function exposeAlone(
  { http, mqtt = '0', data = '.thingtalk/expose', ...rest }: Flags,
  expose: readonly ThingDefinition[],
  context: Context,
): Promise<void> {
  // The file says what there is: nothing of an earlier run is to come back, and two may run side by side.
  // What is tried out here has no people who could be asked for.
  const own = { httpPort: http, mqttPort: mqtt, data, database: 'none', security: 'demo' };
  const flags = { ...quietLog(context), ...rest, ...own };
  const settings = loadSettings({ flags, env: context.terminal.env });
  return serve(context, () => startGateway(settings, { expose }));
}

async function exposeOn(
  { broker, keep }: { readonly broker: string; readonly keep: string },
  definitions: readonly ThingDefinition[],
  context: Context,
): Promise<void> {
  const { terminal, isJson } = context;
  // Read as a setting, so that a URL that is none is told in the same words.
  const { broker: url, topicsPrefix } = loadSettings({ flags: { broker }, env: terminal.env });
  const { openThingMemory } = await import('@thingtalk/storage/outbox');
  await using memory = await openThingMemory({ directory: keep });
  await using bus = await reaching(() => MqttBus.connect(url, { giveUpAfterMs }));
  await using servient = new Servient({
    bus,
    schemas: ajvSchemas(),
    topics: new Topics(topicsPrefix),
    memory,
  });
  for (const definition of definitions) await servient.expose(definition);
  const ids = definitions.map(({ id }) => id);
  if (isJson) terminal.out(JSON.stringify({ broker: shownUrl(url), things: ids }));
  else {
    terminal.out(terminal.style.bold(`On ${shownUrl(url)}:`));
    for (const id of ids) terminal.out(`  ${id}`);
    terminal.out(terminal.style.dim('Ctrl-C ends it.'));
  }
  await interruption(terminal);
  farewell(context);
}
