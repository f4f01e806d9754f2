import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Journal, ThingId } from '@thingtalk/core';

/** The command that runs the program which appends numbered events. */
export function appendCommand(place: string, first: number, atOnce = 16): readonly string[] {
  const program = fileURLToPath(new URL('./append-program.ts', import.meta.url));
  return [
    process.execPath,
    ...['-C', '@thingtalk/source', program, place, String(first), String(atOnce)],
  ];
}

/**
 * Appends from `first` on in a process of its own, and kills it with SIGKILL once `count` were acknowledged.
 *
 * @returns the numbers that were acknowledged, which may be more.
 */
export async function appendAndDie(
  place: string,
  first: number,
  count: number,
): Promise<readonly number[]> {
  const [command = '', ...args] = appendCommand(place, first);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(Number(line.replace('ack ', '')));
    if (acknowledged.length === count) child.kill('SIGKILL');
  }
  await gone(child);
  if (child.signalCode !== 'SIGKILL') throw new Error(`the program ended with ${child.exitCode}`);
  return acknowledged;
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** All numbers that a journal holds, in order. */
export async function storedNumbers(journal: Journal): Promise<readonly number[]> {
  const numbers: number[] = [];
  for (let n = 0; n < 4; n++) {
    const events = await journal.events(ThingId(`urn:dev:${n}`), { limit: 1_000_000 });
    numbers.push(...events.map(({ data }) => Number(data)));
  }
  return numbers.sort((a, b) => a - b);
}
