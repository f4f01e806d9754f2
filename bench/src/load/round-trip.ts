/** Load program: one socket sets a property, waits for the confirmation, and sets the next; the median time of that. */
import { cpuUs } from '../process/cpu.ts';
import { finish, median, task, watchOwnCpu } from './program.ts';
import { RawWebSocket, type SocketTarget } from './ws-socket.ts';

/** What to do. `{}` in the texts stands for the value. */
export interface RoundTripTask {
  readonly target: SocketTarget;
  readonly pids: readonly number[];
  readonly request: string;
  /** What the confirming frame holds. */
  readonly confirmed: string;
  readonly seconds: number;
}

const { target, pids, request, confirmed, seconds } = task<RoundTripTask>();

let needle = Buffer.from('\0');
let arrived = () => {};
const socket = await RawWebSocket.open(target, (buffer, start, end) => {
  const at = buffer.indexOf(needle, start);
  if (at >= 0 && at < end) arrived();
});

const last = 100;
const requests = Array.from({ length: last + 1 }, (_, n) => request.replace('{}', String(n)));
const needles = requests.map((_, n) => Buffer.from(confirmed.replace('{}', String(n))));

function set(n: number): Promise<void> {
  needle = needles[n] ?? needle;
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no confirmation of ${requests[n]}`)), 5_000);
    arrived = () => {
      clearTimeout(late);
      arrived = () => {};
      resolve();
    };
    socket.send(requests[n] ?? '');
  });
}

async function measure(seconds: number): Promise<number[]> {
  const times: number[] = [];
  const until = performance.now() + seconds * 1000;
  // 37 is prime to 101: every value comes, and never the same twice running.
  for (let n = 0; performance.now() < until; n = (n + 37) % (last + 1)) {
    const start = performance.now();
    await set(n);
    times.push((performance.now() - start) * 1000);
  }
  return times;
}

await measure(0.5);
const own = watchOwnCpu();
const before = cpuUs(pids);
const times = await measure(seconds);
const after = cpuUs(pids);
finish({
  value: median(times),
  cpuUs: before === undefined || after === undefined ? undefined : (after - before) / times.length,
  loadBusy: own(),
});
