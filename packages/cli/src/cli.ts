import { Command, CommanderError } from 'commander';
import { CliError, tell } from './cli-error.ts';
import { commands } from './commands/index.ts';
import type { Context } from './context.ts';
import { exitCodes, exitCodesText } from './exit-codes.ts';
import { printable, type Terminal } from './terminal.ts';
import { trustAuthority } from './trust.ts';
import { readVersion } from './version.ts';

/**
 * Runs a command line.
 *
 * @param args what stands after `thingtalk`
 * @returns the exit code, a row of {@link exitCodes}.
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const context = { terminal, isJson: args.includes('--json') };
  try {
    const program = await buildProgram(args, context);
    await program.parseAsync(args, { from: 'user' });
    return exitCodes.ok.code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.ok.code;
      // No command was given: what there is has been shown.
      if (error.code === 'commander.help') return exitCodes.usage.code;
    }
    if (terminal.interrupted.aborted) return exitCodes.interrupted.code;
    return report(error, context);
  }
}

/** The program, with the one command that is asked for loaded: `thingtalk get` needs no gateway in its memory. */
async function buildProgram(args: readonly string[], context: Context): Promise<Command> {
  const { out, err } = context.terminal;
  const line = (write: (line: string) => void) => (text: string) => write(text.replace(/\n$/, ''));
  const program = new Command('thingtalk')
    .description('Things of any protocol as W3C Web Things: serve them, read them, use them.')
    .version(readVersion(), '-V, --version', 'the version')
    .option('--json', 'answer in JSON, for programs')
    .option('--ca <file>', 'a certificate authority to trust, PEM, also THINGTALK_CA')
    .option('--no-color', 'no colours, also NO_COLOR')
    .helpOption('-h, --help', 'how a command is used')
    .exitOverride()
    .configureOutput({ writeOut: line(out), writeErr: line(err), outputError: () => {} })
    .configureHelp({ showGlobalOptions: true });
  program.hook('preAction', () => {
    const file = program.opts<{ ca?: string }>().ca || context.terminal.env.THINGTALK_CA;
    if (file) trustAuthority(file);
  });
  program.addHelpText(
    'after',
    `\n${exitCodesText()}\n\nBegin with:\n  $ thingtalk gateway --virtual-house\n  $ thingtalk things`,
  );
  const asked = args.find((arg) => commands.some(({ name }) => name === arg));
  for (const { name, summary, load } of commands) {
    const command = program.command(name).description(summary);
    if (name === asked) (await load()).define(command, context);
  }
  return program;
}

function report(error: unknown, { terminal, isJson }: Context): number {
  const { exit, lines, document } = tell(
    error instanceof CommanderError ? new CliError('usage', usage(error)) : error,
  );
  if (isJson) terminal.err(JSON.stringify(document));
  else {
    const [first = '', ...rest] = lines.map(printable);
    terminal.err(`${terminal.style.red('thingtalk:')} ${first}`);
    for (const line of rest) terminal.err(line);
  }
  if (exit === 'internal' && terminal.env.THINGTALK_DEBUG) terminal.err(String(stackOf(error)));
  return exitCodes[exit].code;
}

/** Commander's sentence on one line: `unknown option '--jsn' (Did you mean --json?)`. */
function usage({ message }: CommanderError): string {
  return message.replace(/^error: /, '').replaceAll('\n', ' ');
}

function stackOf(error: unknown): unknown {
  return error instanceof Error ? error.stack : error;
}
