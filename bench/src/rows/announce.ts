import { setTimeout as sleep } from 'node:timers/promises';
import { RawPublisher } from '../load/mqtt-socket.ts';
import { Control } from '../process/control.ts';
import { lampIdOf, lampTd, meterId, meterTd } from '../servers/lamp.ts';
import type { StartedServer } from './server.ts';

/** The meter comes up as a bare device does: two retained messages. */
export async function announceMeter(server: StartedServer): Promise<void> {
  await announce(
    server,
    function* () {
      yield [`things/${meterId}/td`, JSON.stringify(meterTd)];
      yield [`things/${meterId}/values`, '{"count":0}'];
    },
    1,
  );
}

/** Many lamps come up as bare devices do, all their values known. */
export async function announceLamps(server: StartedServer, count: number): Promise<void> {
  await announce(
    server,
    function* () {
      for (let n = 1; n <= count; n++) {
        yield [`things/${lampIdOf(n)}/td`, JSON.stringify(lampTd(n))];
        yield [`things/${lampIdOf(n)}/values`, `{"on":${n % 2 === 0},"brightness":${n % 101}}`];
      }
    },
    count,
  );
}

async function announce(
  server: StartedServer,
  messages: () => Generator<[topic: string, payload: string]>,
  count: number,
): Promise<void> {
  if (server.mqttPort === undefined) throw new Error('the server brings no broker');
  const { device } = server.credentials ?? {};
  using control = new Control(server.control);
  const counted = async () => (await control.order({ do: 'count' })).count ?? 0;
  const expected = (await counted()) + count;
  const publisher = await RawPublisher.open(server.mqttPort, device?.id ?? 'announcer', { device });
  let sent = 0;
  for (const [topic, payload] of messages()) {
    publisher.publish(topic, payload, true);
    // A storm of announcements is another test: here the server gets time to breathe.
    if (++sent % 500 === 0) await sleep(20);
  }
  const deadline = performance.now() + 60_000;
  while ((await counted()) < expected) {
    if (performance.now() > deadline) {
      throw new Error(`${await counted()} of ${expected} Things are known after 60 s`);
    }
    await sleep(50);
  }
  publisher.close();
}
