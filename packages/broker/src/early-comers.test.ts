import { Payload } from '@thingtalk/core';
import { expect, test } from 'vitest';
import { startBroker } from './broker.ts';
import { RawClient } from './testing/raw-client.ts';

const connect = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4 } as const;
const topic = 'things/lamp/values';

/** A broker that is not open yet. */
async function openWorld() {
  const { promise: opens, resolve: open } = Promise.withResolvers<void>();
  return { open, broker: await startBroker({ opens }) };
}

/** A client that says it all at once, and does not wait to be let in. */
async function comeEarly(port: number, clientId: string, value: number): Promise<RawClient> {
  const client = await RawClient.open(port);
  client.say({ ...connect, clientId });
  client.say({ cmd: 'publish', topic, payload: `${value}`, qos: 1, messageId: 1, retain: true });
  return client;
}

test('what somebody says who connects early comes after what was kept, and is acknowledged then', async () => {
  const { broker, open } = await openWorld();
  await using _ = broker;
  const heard: unknown[] = [];
  await broker.bus.subscribe(topic, ({ payload }) => heard.push(payload.json()));
  using early = await comeEarly(broker.mqttPort, 'early', 2);
  using later = await RawClient.open(broker.mqttPort);
  await broker.bus.publish(topic, Payload.of(1), { retain: true });
  expect(early.received).toEqual([]);
  open();
  await early.hear('puback');
  later.say({ ...connect, clientId: 'later' });
  await later.hear('connack');
  await later.subscribe(topic);
  expect(heard).toEqual([1, 2]);
  expect(String((await later.hear('publish')).payload)).toBe('2');
});

test('who has gone before it opens does no harm to those who stayed', async () => {
  const { broker, open } = await openWorld();
  await using _ = broker;
  const gone = await comeEarly(broker.mqttPort, 'gone', 1);
  gone.socket.resetAndDestroy();
  await gone.ended;
  using stays = await comeEarly(broker.mqttPort, 'stays', 2);
  open();
  await stays.hear('puback');
});

test('a broker that ends before it opened sends away who waits', async () => {
  const { broker } = await openWorld();
  const waits = await comeEarly(broker.mqttPort, 'waits', 1);
  await broker.drain();
  await waits.ended;
  expect(waits.received).toEqual([]);
});
