/**
 * Load program: 1,000 sockets hear of changes of one Thing. `changes` properties change in one tick, the
 * next change in later ticks, while a few rounds may be unheard. Counts deliveries (one change at one socket) per second.
 */

import { Control } from '../process/control.ts';
import { cpuUs } from '../process/cpu.ts';
import { finish, task, watchOwnCpu } from './program.ts';
import { RawWebSocket, type SocketTarget } from './ws-socket.ts';

/** What to do. */
export interface FanOutTask {
  readonly target: SocketTarget;
  readonly control: number;
  readonly pids: readonly number[];
  readonly sockets: number;
  readonly changes: number;
  readonly seconds: number;
}

const { target, control: controlPort, pids, sockets, changes, seconds } = task<FanOutTask>();
using control = new Control(controlPort);

// Behind a colon, these digits begin nothing else in a frame (no minute is 70), so counting them counts changes
// whatever the dialect.
const needle = Buffer.from(':70000');
const firstValue = 700_000_000;
const lastValue = 700_009_999;
// So many rounds may be unheard. The reader may then lag a little and read several frames at once, which makes it
// cheaper than the server it measures; with one round under way it was the bottleneck.
const window = 8;
const perRound = sockets * changes;

let ordered = 0;
let heard = 0;
let heardMore = () => {};

function hear(buffer: Buffer, start: number, end: number): void {
  for (
    let at = buffer.indexOf(needle, start);
    at >= 0 && at < end;
    at = buffer.indexOf(needle, at + needle.length)
  ) {
    if (++heard % perRound === 0) heardMore();
  }
}

/** Waits until at most `open` rounds are unheard. */
async function untilOpen(open: number): Promise<void> {
  while (ordered - heard / perRound > open) {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`${ordered * perRound - heard} deliveries are missing after 10 s`)),
        10_000,
      );
      heardMore = () => {
        clearTimeout(late);
        resolve();
      };
    });
  }
}

async function rounds(seconds: number): Promise<void> {
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    await untilOpen(window - 1);
    const value = firstValue + (++ordered % (lastValue - firstValue));
    void control.order({ do: 'change', count: changes, value });
  }
  await untilOpen(0);
}

for (let n = 0; n < sockets; n += 50) {
  await Promise.all(Array.from({ length: 50 }, () => RawWebSocket.open(target, hear)));
}
await rounds(0.5);

const own = watchOwnCpu();
const cpuBefore = cpuUs(pids);
const start = performance.now();
const heardBefore = heard;
await rounds(seconds);
const elapsed = performance.now() - start;
const cpuAfter = cpuUs(pids);
const deliveries = heard - heardBefore;
finish({
  value: deliveries / (elapsed / 1000),
  cpuUs:
    cpuBefore === undefined || cpuAfter === undefined
      ? undefined
      : (cpuAfter - cpuBefore) / deliveries,
  loadBusy: own(),
});
