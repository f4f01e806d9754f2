import { loadSettings } from '@thingtalk/gateway';
import type { Command } from 'commander';
import { checks, type Finding } from '../checks.ts';
import { CliError } from '../cli-error.ts';
import {
  type ClientFlags,
  type Context,
  clientOf,
  examples,
  withClientFlags,
  withLogin,
} from '../context.ts';
import { securityChecks } from '../security-checks.ts';
import { printable, type Terminal } from '../terminal.ts';

type Flags = ClientFlags & {
  readonly config?: string;
  readonly httpPort?: string;
  readonly mqttPort?: string;
  readonly broker?: string;
  readonly data?: string;
  readonly security?: true;
};

/** `thingtalk doctor`: a line for each check, and what to do where one does not stand well. */
export function define(command: Command, context: Context): void {
  command
    .option('--config <file>', 'a YAML file of settings')
    .option('--http-port <port>', 'the port the gateway is to use')
    .option('--mqtt-port <port>', 'the port its broker is to use')
    .option('--broker <url>', 'the broker it is to use instead')
    .option('--data <directory>', 'where it is to keep its data')
    .option('--security', 'look at what keeps strangers out');
  withClientFlags(command, context)
    .addHelpText(
      'after',
      examples('doctor', 'doctor --security', 'doctor --broker mqtt://192.0.2.7:1883 --json'),
    )
    .action((flags: Flags) => examine(flags, context));
}

async function examine(flags: Flags, { terminal, isJson }: Context): Promise<void> {
  const { config, url, timeout, token, security, ...given } = flags;
  using client = clientOf(withLogin({ url, timeout, token }, terminal));
  const settings = loadSettings({
    flags: given,
    env: terminal.env,
    ...(config !== undefined && { file: config }),
  });
  const findings: Finding[] = [];
  const checked = { settings, client, env: terminal.env };
  for (const check of security ? securityChecks : checks) {
    const found = [await check(checked)].flat();
    findings.push(...found);
    if (!isJson) for (const finding of found) show(finding, terminal);
  }
  if (isJson) terminal.out(JSON.stringify(findings));
  const failed = findings.filter(({ state }) => state === 'fail').map(({ name }) => name);
  if (failed.length > 0) throw new CliError('problem', `to be mended first: ${failed.join(', ')}`);
}

const marks = { ok: ['green', 'ok  '], warn: ['yellow', 'warn'], fail: ['red', 'fail'] } as const;

function show({ name, state, detail, mend }: Finding, { out, style }: Terminal): void {
  const [colour, mark] = marks[state];
  out(`${style[colour](mark)}  ${name}: ${printable(detail)}`);
  if (mend !== undefined) out(`      ${style.dim(mend)}`);
}
