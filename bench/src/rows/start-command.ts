import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Run } from '../contest.ts';
import { Program } from '../process/program.ts';

const house = fileURLToPath(new URL('../../../', import.meta.url));

/** How the `thingtalk gateway` command is started. */
export interface CommandOptions {
  /** Its data directory. */
  readonly data: string;
  /** More of its flags, as `--virtual-house`. */
  readonly flags?: readonly string[];
  /** From the sources as they are, instead of the start build. Default false. */
  readonly fromSource?: boolean;
}

/** A gateway as its users start it. */
export interface StartedCommand extends AsyncDisposable {
  /** Its base URL. */
  readonly http: string;
}

/** Makes the start build, where it is not there: what `npm start` does first. */
export async function ensureBuild(): Promise<void> {
  await using building = Program.command(['-e', buildIfStale]);
  await building.line();
}

const buildIfStale = `
  const { ensureStartBuild } = await import(${JSON.stringify(`${house}scripts/lib/start-build.mjs`)});
  const { findNode } = await import(${JSON.stringify(`${house}scripts/lib/node.mjs`)});
  await ensureStartBuild(findNode());
  console.log('{}');
`;

/** Starts the program behind `npm start` and `npx thingtalk gateway`; resolves when it has said where it serves. */
export async function startCommand(run: Run, options: CommandOptions): Promise<StartedCommand> {
  const { data, flags = [], fromSource = false } = options;
  const free = ['--json', '--http-port=0', '--mqtt-port=0', '--log-level=warn', `--data=${data}`];
  // What is measured is asked by loopback, without a password.
  const open = '--security=demo';
  const script = `${house}packages/cli/bin/thingtalk.js`;
  const condition = fromSource ? ['-C', '@thingtalk/source'] : [];
  const program = Program.command(
    [...condition, ...run.nodeFlags, script, 'gateway', open, ...free, ...flags],
    { core: run.cores?.server },
  );
  try {
    const { http } = await program.line<{ readonly http: string }>();
    return { http, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Asks once, on a connection of its own.
 *
 * @throws `Error` when the answer is not 200.
 */
export function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      if (response.statusCode === 200) resolve(text(response));
      else reject(new Error(`${url} answered ${response.statusCode}`));
    }).on('error', reject);
  });
}
