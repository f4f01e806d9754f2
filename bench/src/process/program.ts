import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** How a program is started. */
export interface StartOptions {
  /** The core it is pinned to. Default: none. */
  readonly core?: number | undefined;
  /** Flags for Node itself, before the script. */
  readonly nodeFlags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const startTimeoutMs = 120_000;

/** Starts any program, pinned if asked; its standard input is a pipe whose end tells ours to leave. */
export function startPinned(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): ChildProcess {
  const { core, env } = options;
  const spawnOptions: SpawnOptions = {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  };
  if (core === undefined) return spawn(command, args, spawnOptions);
  return spawn('taskset', ['-c', String(core), command, ...args], spawnOptions);
}

/** A program of the suite, running as a process of its own. */
export class Program implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #farewell: NodeJS.Signals | undefined;
  #errors = '';

  private constructor(child: ChildProcess, farewell?: NodeJS.Signals) {
    this.child = child;
    this.#farewell = farewell;
    if (!child.stdout || !child.stderr) throw new Error('the program has no output to read');
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.on('data', (chunk: Buffer) => {
      this.#errors = `${this.#errors}${chunk}`.slice(-4_000);
    });
  }

  /**
   * Starts a script of this suite.
   *
   * @param path relative to `bench/src`, as `servers/raw-http.ts`
   */
  static start(path: string, args: readonly string[] = [], options: StartOptions = {}): Program {
    const script = fileURLToPath(new URL(`../${path}`, import.meta.url));
    const flags = ['-C', '@thingtalk/source', ...(options.nodeFlags ?? [])];
    return new Program(startPinned(process.execPath, [...flags, script, ...args], options));
  }

  /** Starts a script of the house with Node, as its users do; it is ended by SIGTERM. */
  static command(args: readonly string[], options: StartOptions = {}): Program {
    return new Program(startPinned(process.execPath, args, options), 'SIGTERM');
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`the program did not start: ${this.#errors}`);
    return this.child.pid;
  }

  /** The next line it prints, read as JSON. Throws with what it said on standard error if it ends instead. */
  async line<T>(): Promise<T> {
    const timeout = AbortSignal.timeout(startTimeoutMs);
    const late = new Promise<never>((_, reject) => {
      timeout.addEventListener('abort', () =>
        reject(new Error(`no answer from ${this.child.spawnargs.at(-1)}: ${this.#errors}`)),
      );
    });
    const next = await Promise.race([this.#lines.next(), late]);
    if (next.done) throw new Error(errorLine(this.#errors));
    return JSON.parse(next.value) as T;
  }

  /** Ends it in good order: closing its standard input asks it to leave, and after ten minutes it is killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await stop(this.child, this.#farewell);
  }
}

/** The line of a stack trace that says what went wrong. */
function errorLine(text: string): string {
  const rows = text.trim().split('\n');
  return (
    rows.find((row) => /^\w*(Error|Problem)\b/.test(row)) ??
    rows.at(-1) ??
    'it ended without a word'
  );
}

/** Ends a process that {@link startPinned} started. */
export async function stop(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), 600_000);
  if (signal) child.kill(signal);
  child.stdin?.end();
  await ended;
  clearTimeout(timer);
}
