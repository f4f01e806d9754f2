import { existsSync, readFileSync } from 'node:fs';

// Linux counts in hundredths of a second whatever the kernel's own rate (USER_HZ, proc(5)).
const usPerTick = 10_000;

/**
 * Processor time that processes have used so far, user and system together, in microseconds.
 *
 * @returns `undefined` where the system does not tell (no `/proc`).
 */
export function cpuUs(pids: readonly number[]): number | undefined {
  if (!existsSync('/proc/self/stat')) return undefined;
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold blanks: count from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * usPerTick;
}

/** Measures the processor time that `pids` use while `work` runs. */
export async function cpuDuring<T>(
  pids: readonly number[],
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly us: number | undefined }> {
  const before = cpuUs(pids);
  const result = await work();
  const after = cpuUs(pids);
  return { result, us: before === undefined || after === undefined ? undefined : after - before };
}
