import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { root } from '../architecture/house.ts';

/** A command that goes on running; disposing of it ends it as `kill` does, and waits until it is gone. */
export interface RunningCommand extends AsyncDisposable {
  /** All it has said so far, on both outputs. */
  readonly said: string;
  /**
   * Resolves with the first match in what it says.
   *
   * @throws `Error` with all it said, when it ends first.
   */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Ends it. Resolves with its exit code, `null` when the signal itself ended it. */
  stop(): Promise<number | null>;
}

/** Starts a command of a shell in the workspace's folder. */
export function startCommand(command: string, env: NodeJS.ProcessEnv = {}): RunningCommand {
  // exec: the signal is for the command, not for the shell around it.
  const child = spawn('sh', ['-c', `exec ${command}`], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const closed = once(child, 'close');
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      child.emit('said');
    });
  }
  const said = () => lines.join('\n');
  async function stop(): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await closed;
    return child.exitCode;
  }
  return {
    get said() {
      return said();
    },
    says(pattern) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(said());
          if (found === null) return;
          child.off('said', look);
          resolve(found);
        };
        child.on('said', look);
        look();
        closed.then(
          () => reject(new Error(`'${command}' ended without saying ${pattern}:\n${said()}`)),
          reject,
        );
      });
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

/**
 * Runs a command of a shell in the workspace's folder to its end.
 *
 * @returns what it wrote to its standard output.
 * @throws `Error` when its exit code is not 0.
 */
export async function runCommand(command: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const options = { cwd: root, env: { ...process.env, ...env } };
  const { stdout } = await promisify(execFile)('sh', ['-c', command], options);
  return stdout;
}
