import { virtualHouse } from '@thingtalk/adapter-virtual';
import { loadSettings, settingRows, startGateway } from '@thingtalk/gateway';
import type { Command } from 'commander';
import { type Context, examples } from '../context.ts';
import { quietLog, serve, showSetupCode } from '../serve.ts';

type Flags = Readonly<Record<string, string | boolean | undefined>> & {
  readonly config?: string;
  readonly virtualHouse?: true;
};

/** `thingtalk gateway`: runs until Ctrl-C; its settings come by flag, environment and YAML. */
export function define(command: Command, context: Context): void {
  command
    .option('--config <file>', 'a YAML file of settings; flags and environment win over it')
    .option('--virtual-house', 'with a house of simulated things');
  for (const { flag, description, expects, environment, default: preset } of settingRows) {
    const shown = preset === '' ? '' : `, default ${preset}`;
    command.option(`${flag} <value>`, `${description} (${expects}; ${environment}${shown})`);
  }
  command
    .addHelpText(
      'after',
      examples(
        'gateway --http-host 0.0.0.0 --mqtt-host 0.0.0.0',
        'gateway --virtual-house --security demo',
        'gateway --http-port 0 --mqtt-port 0 --data /var/lib/thingtalk',
        'gateway --broker mqtt://192.0.2.7:1883',
        'gateway --config thingtalk.yaml',
      ),
    )
    .action((flags: Flags) => runGateway(flags, context));
}

async function runGateway(flags: Flags, context: Context): Promise<void> {
  const { config, virtualHouse: hasHouse, ...given } = flags;
  const { env } = context.terminal;
  const settings = loadSettings({
    flags: config === undefined ? { ...quietLog(context), ...given } : given,
    env,
    ...(config !== undefined && { file: config }),
  });
  await serve(context, () =>
    startGateway(settings, {
      adapters: hasHouse === true ? [virtualHouse()] : [],
      security: { showSetupCode: showSetupCode(context) },
    }),
  );
}
