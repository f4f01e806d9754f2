/**
 * Load program: 1,000 sockets hear of changes of one Thing. `changes` properties change in one tick, all sockets must
 * have heard of all of them, then come the next. Counts deliveries (one change at one socket) per second.
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

// A number that occurs nowhere else in a frame, so that counting it counts changes whatever the dialect.
let value = 700_000_001;
let needle = Buffer.from(String(value));
let missing = 0;
let heardAll = () => {};

function hear(buffer: Buffer, start: number, end: number): void {
  for (
    let at = buffer.indexOf(needle, start);
    at >= 0 && at < end;
    at = buffer.indexOf(needle, at + 9)
  )
    if (--missing === 0) heardAll();
}

async function round(): Promise<void> {
  value++;
  needle = Buffer.from(String(value));
  missing = sockets * changes;
  const heard = new Promise<void>((resolve) => {
    heardAll = resolve;
  });
  const late = setTimeout(() => {
    console.error(`${missing} of ${sockets * changes} deliveries are missing after 10 s`);
    process.exit(1);
  }, 10_000);
  void control.order({ do: 'change', count: changes, value });
  await heard;
  clearTimeout(late);
}

for (let n = 0; n < sockets; n += 50) {
  await Promise.all(Array.from({ length: 50 }, () => RawWebSocket.open(target, hear)));
}
const warmUntil = performance.now() + 500;
while (performance.now() < warmUntil) await round();

const own = watchOwnCpu();
const cpuBefore = cpuUs(pids);
const start = performance.now();
let rounds = 0;
while (performance.now() - start < seconds * 1000) {
  await round();
  rounds++;
}
const elapsed = performance.now() - start;
const cpuAfter = cpuUs(pids);
const deliveries = rounds * sockets * changes;
finish({
  value: deliveries / (elapsed / 1000),
  cpuUs:
    cpuBefore === undefined || cpuAfter === undefined
      ? undefined
      : (cpuAfter - cpuBefore) / deliveries,
  loadBusy: own(),
});
