import { once } from 'node:events';
import { createServer } from 'node:http';
import { Payload, silentLogger } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import { Inbox } from '@thingtalk/core/testing';
import fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { startBroker } from './broker.ts';
import { type BrokerGuard, openRights } from './guard.ts';
import { RawClient } from './testing/raw-client.ts';

const text = (value: string) => Payload.ofText(value);
const message = (topic: string, payload: string | Buffer, more: object = {}) => ({
  ...{ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false },
  ...more,
});

test.each([
  ['a wildcard', message('a/+', '1')],
  ['the other wildcard', message('a/#', '1')],
  ['nine levels', message('a/b/c/d/e/f/g/h/i', '1')],
  ['257 bytes', message('x'.repeat(257), '1')],
  ['a topic of the broker', message('$SYS/x', '1')],
  ['a retained command', message('things/lamp/set', '1', { retain: true })],
  [
    'a retained request',
    message('things/lamp/request_action/me/1', '1', { retain: true, qos: 1, messageId: 7 }),
  ],
])('a publish with %s ends the connection and reaches nobody', async (_, packet) => {
  await using broker = await startBroker();
  await using inbox = await Inbox.open(broker.bus, '#');
  using client = await RawClient.join(broker.mqttPort, 'c');
  client.say(packet);
  await client.ended;
  expect(inbox.received).toEqual([]);
});

test('clearing a retained command is allowed', async () => {
  await using broker = await startBroker();
  await using inbox = await Inbox.open(broker.bus, '#');
  using client = await RawClient.join(broker.mqttPort, 'c');
  client.say(message('things/lamp/set', '', { retain: true }));
  await inbox.take(1);
});

test('$share, $SYS, nine levels and the 101st subscription are refused, and the others granted', async () => {
  await using broker = await startBroker();
  using client = await RawClient.join(broker.mqttPort, 'c');
  expect(await client.subscribe('$share/g/a', '$SYS/#', 'a/b/c/d/e/f/g/h/i', 'a')).toEqual([
    128, 128, 128, 0,
  ]);
  const more = Array.from({ length: 100 }, (_, n) => `b/${n}`);
  expect(await client.subscribe(...more)).toEqual([...new Array(99).fill(0), 128]);
  client.say({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['b/0'] });
  await client.hear('unsuback');
  expect(await client.subscribe('c')).toEqual([0]);
});

test('a packet of 256 KiB passes and a longer one ends the connection, before CONNECT too', async () => {
  const limit = 256 * 1024;
  await using broker = await startBroker();
  await using inbox = await Inbox.open(broker.bus, 'a');
  using client = await RawClient.join(broker.mqttPort, 'c');
  client.say(message('a', Buffer.alloc(limit - 3, 0x20)));
  await inbox.take(1);
  client.say(message('a', Buffer.alloc(limit - 2, 0x20)));
  await client.ended;
  using stranger = await RawClient.open(broker.mqttPort);
  stranger.socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
  await stranger.ended;
  expect(inbox.messages).toHaveLength(1);
});

test('who sends too long a packet is named in the log, with its size, the limit and its topic', async () => {
  const { promise: told, resolve } = Promise.withResolvers<readonly unknown[]>();
  const logger = { ...silentLogger, info: (...line: readonly unknown[]) => resolve(line) };
  await using broker = await startBroker({ limits: { packetBytes: 1_000 }, logger });
  using client = await RawClient.join(broker.mqttPort, 'c');
  client.say(message('things/lamp/td', Buffer.alloc(2_000, 0x20), { retain: true }));
  expect(await told).toEqual([
    {
      client: 'c',
      error: "a packet of 2016 bytes on 'things/lamp/td' is longer than the limit of 1000 bytes",
    },
    'an MQTT client is cut off',
  ]);
});

test('who does not say CONNECT in time is cut off', async () => {
  await using broker = await startBroker({ limits: { connectMs: 20 } });
  using client = await RawClient.open(broker.mqttPort);
  await client.ended;
});

test('a second client of the same name takes the place of the first, whose will is said', async () => {
  await using broker = await startBroker();
  await using inbox = await Inbox.open(broker.bus, 'a');
  const will = { topic: 'a', payload: Buffer.from('"dead"'), qos: 0, retain: false };
  using first = await RawClient.join(broker.mqttPort, 'c', { will });
  using _second = await RawClient.join(broker.mqttPort, 'c');
  await first.ended;
  await inbox.take(1);
});

test('a broker that drains says nobody’s will', async () => {
  const broker = await startBroker();
  const heard: string[] = [];
  await broker.bus.subscribe('#', ({ topic }) => heard.push(topic));
  const will = { topic: 'a', payload: Buffer.from('"dead"'), qos: 0, retain: false };
  using client = await RawClient.join(broker.mqttPort, 'c', { will });
  await broker.drain();
  await client.ended;
  expect(heard).toEqual([]);
});

test('a client that stops reading is cut off, and the others hear everything meanwhile', async () => {
  await using broker = await startBroker({ limits: { outgoingBytes: 200_000 } });
  using sleeper = await RawClient.join(broker.mqttPort, 'sleeper');
  await sleeper.subscribe('a/#');
  sleeper.socket.pause();
  const reader = await MqttBus.connect(broker.url);
  await using inbox = await Inbox.open(reader, 'a/#');
  const payload = Payload.of('x'.repeat(50_000));
  let sent = 0;
  // The system's own buffers take some megabytes before the broker notices.
  for (let round = 0; round < 400; round++) {
    await broker.bus.publish('a/event', payload);
    await inbox.take(++sent);
  }
  sleeper.socket.resume();
  await sleeper.ended;
  expect(inbox.messages).toHaveLength(400);
  await reader.drain();
});

test('a client that reads slowly gets the latest of what is retained, and stays', async () => {
  await using broker = await startBroker({ limits: { outgoingBytes: 100_000 } });
  using slow = await RawClient.join(broker.mqttPort, 'slow');
  await slow.subscribe('a/#');
  slow.socket.pause();
  const filler = 'x'.repeat(50_000);
  for (let n = 0; n <= 500; n++) {
    await broker.bus.publish('a/values', Payload.of([n, filler]), { retain: true });
    await new Promise((resolve) => setImmediate(resolve));
  }
  slow.socket.resume();
  let last = '';
  while (!last.startsWith('[500,')) last = String((await slow.hear('publish')).payload);
});

test('a guard decides who comes in, with which will, and what is said, heard and delivered', async () => {
  const rights = {
    ...openRights('ann'),
    isUnlimited: false,
    mayPublish: (topic: string) => !topic.startsWith('secret'),
    maySubscribe: (filter: string) => filter !== '#',
    mayReceive: (topic: string) => topic !== 'a/private',
  };
  const guard: BrokerGuard = {
    connect: ({ username }) => (username === 'ann' ? rights : undefined),
  };
  await using broker = await startBroker({ guard });
  const enter = async (more: object) => {
    using client = await RawClient.open(broker.mqttPort);
    const connect = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'c' };
    client.say({ ...connect, ...more });
    return (await client.hear('connack')).returnCode;
  };
  const will = { topic: 'secret/x', payload: Buffer.from('1'), qos: 0, retain: false };
  expect(await enter({})).toBe(5);
  expect(await enter({ username: 'ann', will })).toBe(5);
  expect(await enter({ username: 'ann' })).toBe(0);
  using client = await RawClient.join(broker.mqttPort, 'd', { username: 'ann' });
  expect(await client.subscribe('#', 'a/#')).toEqual([128, 0]);
  await broker.bus.publish('a/private', text('1'));
  await broker.bus.publish('a/public', text('2'));
  expect((await client.hear('publish')).topic).toBe('a/public');
  client.say(message('secret/x', '1'));
  await client.ended;
});

test('another HTTP server may hand its WebSocket handshakes over; one without the subprotocol is refused', async () => {
  await using broker = await startBroker();
  const server = createServer().listen(0, '127.0.0.1');
  server.on('upgrade', (request, socket, head) => broker.handleUpgrade({ request, socket, head }));
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const bus = await MqttBus.connect(`ws://127.0.0.1:${port}/mqtt`);
  await using inbox = await Inbox.open(broker.bus, 'a');
  await bus.publish('a', text('1'));
  await inbox.take(1);
  await bus.drain();
  const stranger = new WebSocket(`ws://127.0.0.1:${port}/mqtt`);
  await once(stranger, 'error');
  server.close();
});

test('mutated packets end no more than their own connection', async () => {
  await using broker = await startBroker();
  await using inbox = await Inbox.open(broker.bus, 'still/here');
  using neighbour = await RawClient.join(broker.mqttPort, 'neighbour');
  const seeds = [
    message('a/b', '{"on":true}', { retain: true }),
    message('a/b', 'x', { qos: 2, messageId: 9 }),
    { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a/+', qos: 1 }] },
    { cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a/+'] },
    { cmd: 'pubrel', messageId: 9 },
    { cmd: 'pingreq' },
  ].map((packet) => generate(packet as Parameters<typeof generate>[0]));
  const hello = generate({
    ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true },
    ...{ clientId: 'fuzz', keepalive: 0 },
  });
  const mutation = fc.record({
    order: fc.shuffledSubarray(seeds, { minLength: 1 }),
    says: fc.boolean(),
    flips: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
  });
  let count = 0;
  await fc.assert(
    fc.asyncProperty(mutation, async ({ order, says, flips }) => {
      const bytes = Buffer.concat(order);
      for (const [at, value] of flips) bytes[at % bytes.length] = value;
      using client = await RawClient.open(broker.mqttPort);
      client.socket.end(says ? Buffer.concat([hello, bytes]) : bytes);
      await client.ended;
      neighbour.say(message('still/here', String(++count)));
      await inbox.take(count);
    }),
    { numRuns: 200 },
  );
  expect(inbox.texts.at(-1)).toBe(String(count));
});
