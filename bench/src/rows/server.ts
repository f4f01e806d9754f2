import type { Contender, Run, Standing } from '../contest.ts';
import type { LoadResult } from '../load/program.ts';
import { Program } from '../process/program.ts';
import type { ServerLine } from '../servers/contract.ts';

/** A server program of the suite, started. */
export interface StartedServer extends ServerLine, AsyncDisposable {}

/** Starts `servers/<script>` on the servers' core. */
export async function startServer(
  run: Run,
  script: string,
  args: readonly string[] = [],
  nodeFlags: readonly string[] = [],
): Promise<StartedServer> {
  const ours = script.startsWith('thingtalk') ? run.nodeFlags : [];
  const program = Program.start(`servers/${script}`, args, {
    core: run.cores?.server,
    nodeFlags: [...nodeFlags, ...ours],
  });
  try {
    const line = await program.line<ServerLine>();
    return { ...line, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
}

/** A contender that is one server program, measured by `measure`. */
export function served(
  name: string,
  script: string,
  args: readonly string[],
  measure: (server: StartedServer, run: Run, seconds: number) => Promise<LoadResult>,
): Contender {
  return {
    name,
    async start(run: Run): Promise<Standing> {
      const server = await startServer(run, script, args);
      return {
        measure: (seconds) => measure(server, run, seconds),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

/** Ours twice: keeping nothing, as the peers do, and with the journal on. */
export function ours(
  args: readonly string[],
  measure: (server: StartedServer, run: Run, seconds: number) => Promise<LoadResult>,
): readonly Contender[] {
  return [
    served('thingTalk', 'thingtalk.ts', args, measure),
    served('thingTalk, journal on', 'thingtalk.ts', [...args, '--journal'], measure),
  ];
}

/** Runs `load/<script>` on the load generators' core and returns what it found. */
export async function runLoad(run: Run, script: string, task: object): Promise<LoadResult> {
  const options = { core: run.cores?.load };
  await using program = Program.start(`load/${script}`, [JSON.stringify(task)], options);
  return await program.line<LoadResult>();
}
