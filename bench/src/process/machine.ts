import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Which cores the two sides run on; `undefined` where pinning is not possible. */
export interface Cores {
  readonly server: number;
  readonly load: number;
}

/** The machine's shape, in one line: figures carry over to the same shape only. */
export function machineShape(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  // Not availableParallelism(): that is 1 once this process is pinned.
  return `${cpus().length} x ${model}, ${gigabytes} GB, ${process.platform}, Node ${process.version}`;
}

/** Whether a program can be started here by its name. */
export function hasProgram(name: string): boolean {
  try {
    execFileSync(process.platform === 'win32' ? 'where' : 'which', [name], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The two last cores, one for each side, where `taskset` is there and two cores are. */
export function chooseCores(): Cores | undefined {
  const count = availableParallelism();
  if (count < 2 || !hasProgram('taskset')) return undefined;
  return { server: count - 2, load: count - 1 };
}

/** Moves this process to a core. */
export function pinSelf(core: number): void {
  execFileSync('taskset', ['-a', '-cp', String(core), String(process.pid)], { stdio: 'ignore' });
}

/** What the machine was doing while nothing of ours ran. */
export interface Quiet {
  readonly quiet: boolean;
  /** Share of all cores that was busy, 0 to 1; `undefined` where the system does not tell. */
  readonly busy: number | undefined;
  /** How much slower the slow runs of a fixed loop were than its best: 1 is perfectly even. */
  readonly unevenness: number;
}

const busyLimit = 0.05;
const unevennessLimit = 1.15;

/** Looks whether the machine is quiet enough to measure on; waits a little for it, at most `tries` seconds. */
export async function waitForQuiet(tries = 5): Promise<Quiet> {
  let seen = await lookAround();
  for (let n = 1; n < tries && !seen.quiet; n++) seen = await lookAround();
  return seen;
}

async function lookAround(): Promise<Quiet> {
  const before = cpuTicks();
  await sleep(900);
  const after = cpuTicks();
  const busy = before && after && (after.busy - before.busy) / (after.all - before.all);
  const unevenness = spinUnevenness();
  const quiet = (busy ?? 0) <= busyLimit && unevenness <= unevennessLimit;
  return { quiet, busy, unevenness };
}

function cpuTicks(): { busy: number; all: number } | undefined {
  if (!existsSync('/proc/stat')) return undefined;
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/\s+/) ?? [];
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0] =
    fields.map(Number);
  const busy = user + nice + system + irq + soft + steal;
  return { busy, all: busy + idle + wait };
}

function spinUnevenness(): number {
  const times = Array.from({ length: 20 }, spin).sort((a, b) => a - b);
  return (times[15] ?? 1) / (times[0] ?? 1);
}

function spin(): number {
  const start = performance.now();
  let x = 1;
  for (let n = 0; n < 4_000_000; n++) x = (x * 1_103_515_245 + 12_345) | 0;
  // The result is used, so that the loop is not optimised away.
  return performance.now() - start + (x === 0 ? 1e-9 : 0);
}
