import { run } from './cli.ts';
import { processTerminal } from './terminal.ts';

export { run } from './cli.ts';
export { type ExitName, exitCodes } from './exit-codes.ts';
export type { Style, Terminal } from './terminal.ts';

/** Runs the command line of this process and sets its exit code. */
export async function runCli(): Promise<void> {
  const args = process.argv.slice(2);
  // Our timers let the process end; a command that waits for one, as between attempts to connect, is not at its end.
  const stayAlive = setInterval(() => {}, 1 << 30);
  try {
    process.exitCode = await run(args, processTerminal(args));
  } finally {
    clearInterval(stayAlive);
  }
}
