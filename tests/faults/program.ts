import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { kill9 } from '../support/mosquitto-tools.ts';

/** What was compiled once is kept for the next start, as `thingtalk` does it. */
const env = { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...process.env };

/** How a {@link Program} is run. */
export interface ProgramOptions {
  /** What it prints, in a line of its own, when it does its work. */
  readonly ready: RegExp;
  /** A command that runs it and takes the rest as arguments. Default none. */
  readonly under?: readonly string[];
  /** Flags of Node. Default: those that run it from its source. */
  readonly flags?: readonly string[];
}

const fromSource = ['-C', '@thingtalk/source'];

/** A program of ours that can be killed and started again as often as one likes; disposing of it kills it. */
export class Program implements AsyncDisposable {
  readonly #args: readonly string[];
  readonly #options: ProgramOptions;
  #child: ChildProcess | undefined;

  /** @param args its file, and what it is told. */
  constructor(args: readonly string[], options: ProgramOptions) {
    this.#args = args;
    this.#options = options;
  }

  /**
   * Starts it. Resolves when it is ready.
   *
   * @throws `Error` when it ends first.
   */
  async start(): Promise<void> {
    const { under = [], flags = fromSource, ready } = this.#options;
    const [command = '', ...args] = [...under, process.execPath, ...flags, ...this.#args];
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
    this.#child = child;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    child.once('close', (code, signal) =>
      reject(new Error(`${this.#args.join(' ')} ended with ${code ?? signal}`)),
    );
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (ready.test(line)) resolve();
    });
    await promise;
  }

  /** Ends it as a crash would. Resolves when it is gone. */
  async kill9(): Promise<void> {
    if (this.#child !== undefined) await kill9(this.#child);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill9();
  }
}
