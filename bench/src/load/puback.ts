/** Load program: QoS 1 publishes to a session that lasts and is away; counts the acknowledgements. */
import { cpuDuring } from '../process/cpu.ts';
import { publishPacket, RawPublisher } from './mqtt-socket.ts';
import { finish, task, watchOwnCpu } from './program.ts';

/** What to do. */
export interface PubackTask {
  readonly mqttPort: number;
  readonly pids: readonly number[];
  /** How many publishes are under way at a time. */
  readonly inFlight: number;
  readonly seconds: number;
}

const { mqttPort, pids, inFlight, seconds } = task<PubackTask>();
const topic = 'things/lamp/values';
const absentee = await RawPublisher.open(mqttPort, 'absentee', { lasting: true });
await absentee.subscribe(topic);
absentee.close();

const publisher = await RawPublisher.open(mqttPort, 'publisher');
// Made beforehand: who is acknowledged publishes again under the identifier that became free.
const packets = Array.from({ length: inFlight }, (_, n) =>
  publishPacket(topic, `{"brightness":${n % 101}}`, { identifier: n + 1 }),
);
let acknowledged = 0;
let isOver = false;
let rest = Buffer.alloc(0);
publisher.onData((bytes) => {
  const all = Buffer.concat([rest, bytes]);
  const count = all.length >> 2;
  const next: Buffer[] = [];
  for (let n = 0; n < count; n++) next.push(packets[all.readUInt16BE(n * 4 + 2) - 1] as Buffer);
  rest = all.subarray(count * 4);
  acknowledged += count;
  if (!isOver) void publisher.write(Buffer.concat(next));
});

const own = watchOwnCpu();
const { us } = await cpuDuring(pids, async () => {
  await publisher.write(Buffer.concat(packets));
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  isOver = true;
});
const cpuUs = us === undefined ? undefined : us / acknowledged;
// What was kept for the absentee goes: the next round begins as this one did.
(await RawPublisher.open(mqttPort, 'absentee')).close();
finish({ value: acknowledged / seconds, cpuUs, loadBusy: own() });
