import { writeSync } from 'node:fs';

/** Steps that are under way at once. */
const lanes = 12;

/**
 * Takes the steps that the command line of a program asks for, and says `ask 7` before a step and `ack 7` when it is
 * acknowledged; then closes what it works with, or kills the process: `<directory> <first> <end> <close or kill>`.
 *
 * @param take begins a step; `isTold` is whether it is acknowledged when it is done.
 */
export async function takeSteps(
  take: (n: number) => { readonly done: Promise<unknown>; readonly isTold: boolean },
  close: () => PromiseLike<void>,
): Promise<void> {
  const [, first, end, ending] = process.argv.slice(2);
  const late: Promise<unknown>[] = [];
  const left = numbers(Number(first), Number(end));
  const lane = async () => {
    for (const n of left) {
      writeSync(1, `ask ${n}\n`);
      const { done, isTold } = take(n);
      late.push(done);
      if (!isTold) continue;
      await done;
      writeSync(1, `ack ${n}\n`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await Promise.all(late);
  if (ending === 'kill') process.kill(process.pid, 'SIGKILL');
  await close();
}

function* numbers(first: number, end: number): Generator<number> {
  for (let n = first; n < end; n++) yield n;
}
