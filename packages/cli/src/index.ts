import { run } from './cli.ts';
import { processTerminal } from './terminal.ts';

export { run } from './cli.ts';
export { type ExitName, exitCodes } from './exit-codes.ts';
export type { Style, Terminal } from './terminal.ts';

/** Runs the command line of this process and sets its exit code. */
export async function runCli(): Promise<void> {
  const args = process.argv.slice(2);
  process.exitCode = await run(args, processTerminal(args));
}
