/**
 * Load program: a bare device publishes values over MQTT, a WebSocket client hears them through the gateway.
 * `latency`: one at a time, median of the way. `rate`: a window of messages under way, messages heard per second.
 */
import { cpuUs } from '../process/cpu.ts';
import type { Credentials } from '../servers/contract.ts';
import { publishPacket, RawPublisher } from './mqtt-socket.ts';
import { finish, median, task, watchOwnCpu } from './program.ts';
import { RawWebSocket, type SocketTarget } from './ws-socket.ts';

/** What to do. */
export interface MqttToWsTask {
  readonly target: SocketTarget;
  readonly mqttPort: number;
  /** What the meter shows, where it has to. */
  readonly device?: Credentials['device'];
  readonly topic: string;
  readonly pids: readonly number[];
  readonly measure: 'latency' | 'rate';
  /** What stands before the value in a frame: `"count":`. */
  readonly before: string;
  /** The first value: every measurement on a server must go on counting where the last one ended. */
  readonly from: number;
  readonly seconds: number;
}

const { target, mqttPort, device, topic, pids, measure, before, from, seconds } =
  task<MqttToWsTask>();
const window = 512;
const batch = 64;

const needle = Buffer.from(before);
let sent = from;
let heard = 0;
let lastHeard = from;
let moved = () => {};

function hear(buffer: Buffer, start: number, end: number): void {
  const at = buffer.indexOf(needle, start);
  if (at < 0 || at >= end) return;
  let value = 0;
  for (let n = at + needle.length; n < end; n++) {
    const digit = (buffer[n] ?? 0) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (value <= from) return;
  heard++;
  lastHeard = value;
  moved();
}

const clientId = `${device ? `${device.id}:` : 'meter-'}${process.pid}`;
const publisher = await RawPublisher.open(mqttPort, clientId, { device });
const socket = await RawWebSocket.open(target, hear);

const next = () => `{"count":${++sent}}`;

function nextMove(): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`sent up to ${sent}, heard up to ${lastHeard}, then nothing`)),
      5_000,
    );
    moved = () => {
      clearTimeout(late);
      moved = () => {};
      resolve();
    };
  });
}

async function latency(seconds: number): Promise<number[]> {
  const times: number[] = [];
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    const start = performance.now();
    const arrival = nextMove();
    publisher.publish(topic, next());
    await arrival;
    times.push((performance.now() - start) * 1000);
  }
  return times;
}

async function rate(seconds: number): Promise<number> {
  const start = performance.now();
  const heardBefore = heard;
  while (performance.now() - start < seconds * 1000) {
    while (sent - lastHeard > window - batch) await nextMove();
    const packets = Array.from({ length: batch }, () => publishPacket(topic, next()));
    await publisher.write(Buffer.concat(packets));
  }
  while (lastHeard < sent) await nextMove();
  return (heard - heardBefore) / ((performance.now() - start) / 1000);
}

if (measure === 'latency') await latency(0.5);
else await rate(0.5);
const own = watchOwnCpu();
const cpuBefore = cpuUs(pids);
const heardBefore = heard;
const sentBefore = sent;
const value = measure === 'latency' ? median(await latency(seconds)) : await rate(seconds);
const cpuAfter = cpuUs(pids);
const operations = heard - heardBefore;
// A message that never came makes the count of what was heard the honest one; much loss is another contest.
if (operations < 0.98 * (sent - sentBefore)) {
  console.error(`${sent - sentBefore} sent, only ${operations} heard`);
  process.exit(1);
}
publisher.close();
socket.close();
finish({
  value,
  cpuUs:
    cpuBefore === undefined || cpuAfter === undefined
      ? undefined
      : (cpuAfter - cpuBefore) / operations,
  loadBusy: own(),
});
