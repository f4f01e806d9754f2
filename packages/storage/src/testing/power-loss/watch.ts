import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratchDirectory } from '../scratch.ts';
import { type Call, readCalls } from './calls.ts';
import { tracedCalls } from './recording.ts';

/** A life of a program: it takes the steps from `first` up to, and without, `end`. */
export interface Life {
  readonly first: number;
  readonly end: number;
  readonly ending: 'close' | 'kill';
}

/** The directory that a program works in. It makes that itself, so that its name is at stake too. */
export const dataIn = (root: string): string => join(root, 'data');

/**
 * Lets a program of this folder live in a directory, again and again.
 *
 * @returns its system calls, those of all lives one after the other.
 */
export async function watch(
  strace: string,
  program: string,
  root: string,
  lives: readonly Life[],
): Promise<readonly Call[]> {
  await using scratch = await scratchDirectory();
  const trace = join(scratch.path, 'trace');
  const options = [
    ...['-f', '-qq', '-y', '-xx', '-s', '4194304', '--seccomp-bpf', '-e', 'signal=none'],
    ...['-e', `trace=${tracedCalls.join()}`, '-o', trace],
  ];
  const path = fileURLToPath(new URL(program, import.meta.url));
  const command = [process.execPath, '-C', '@thingtalk/source', path, dataIn(root)];
  const calls: Call[] = [];
  let lines = 0;
  for (const { first, end, ending } of lives) {
    const args = [...options, ...command, String(first), String(end), ending];
    const child = spawn(strace, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const [code, signal] = await once(child, 'exit');
    const isRight = ending === 'kill' ? signal === 'SIGKILL' : code === 0;
    if (!isRight) throw new Error(`${program} ended with ${code ?? signal}`);
    const text = await readFile(trace, 'latin1');
    calls.push(...readCalls(text, lines));
    lines += text.split('\n').length;
  }
  return calls;
}
