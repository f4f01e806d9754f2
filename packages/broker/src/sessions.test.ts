import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Payload } from '@thingtalk/core';
import { hasMosquitto } from '@thingtalk/core/testing';
import { connect, connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { type Broker, startBroker } from './broker.ts';
import { openRights } from './guard.ts';
import { RawClient } from './testing/raw-client.ts';

/** Comes in with a lasting session, unless `more` says otherwise. */
async function enter(broker: Broker, more: object = {}) {
  const client = await RawClient.open(broker.mqttPort);
  const connect = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'c' };
  client.say({ ...connect, clean: false, ...more });
  const { sessionPresent } = await client.hear('connack');
  return { client, sessionPresent };
}

async function leave(client: RawClient) {
  client.say({ cmd: 'disconnect' });
  await client.ended;
}

/** Leaves a session behind that listens to `filters`. */
async function leaveBehind(broker: Broker, ...filters: string[]) {
  const { client } = await enter(broker);
  await client.subscribeAt(1, ...filters);
  await leave(client);
}

const say = (broker: Broker, topic: string, value: number | string, qos: 0 | 1 = 1) =>
  broker.bus.publish(topic, Payload.of(value), { qos });

/** Says something with QoS 2, which only the wire knows. */
async function sayOnce(broker: Broker, topic: string, payload: string) {
  using client = await RawClient.join(broker.mqttPort, 'writer');
  client.say({ cmd: 'publish', topic, payload, qos: 2, messageId: 1 });
  await client.hear('pubrec');
}

async function hear(client: RawClient) {
  const { topic, payload, qos, dup, messageId } = await client.hear('publish');
  return { topic, text: String(payload), qos, dup, messageId };
}

/** Waits until everything sent before has come. */
async function ping(client: RawClient) {
  client.say({ cmd: 'pingreq' });
  await client.hear('pingresp');
}

test('who comes back hears 1,000 messages once and in order, of this process and of the wire', async () => {
  await using broker = await startBroker();
  const options = {
    clientId: 'reader',
    clean: false,
    reconnectPeriod: 0,
    protocolVersion: 4,
  } as const;
  const first = await connectAsync(broker.url, options);
  await first.subscribeAsync('a/#', { qos: 1 });
  await first.endAsync();
  const writer = await connectAsync(broker.url);
  for (let n = 0; n < 1_000; n++) {
    if (n % 2 === 0) await say(broker, `a/${n % 7}`, n);
    else await writer.publishAsync(`a/${n % 7}`, String(n), { qos: 1 });
  }
  await writer.endAsync();
  const heard: number[] = [];
  const isComplete = Promise.withResolvers<void>();
  const again = connect(broker.url, options);
  again.on('message', (_topic, payload) => {
    if (heard.push(Number(payload)) >= 1_000) isComplete.resolve();
  });
  await isComplete.promise;
  await again.endAsync();
  expect(heard).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
  const { client, sessionPresent } = await enter(broker, { clientId: 'reader' });
  await ping(client);
  expect([sessionPresent, client.received]).toEqual([true, []]);
  await leave(client);
});

test('QoS 0 is not kept for who is away', async () => {
  await using broker = await startBroker();
  await leaveBehind(broker, 'a');
  await say(broker, 'a', 1, 0);
  await say(broker, 'a', 2, 1);
  const { client } = await enter(broker);
  expect((await hear(client)).text).toBe('2');
  await leave(client);
});

test('what was sent and not acknowledged comes again, marked and with its id, before what is new', async () => {
  await using broker = await startBroker();
  const { client } = await enter(broker);
  await client.subscribeAt(1, 'a');
  for (const n of [1, 2, 3]) await say(broker, 'a', n);
  const sent = [await hear(client), await hear(client), await hear(client)];
  expect(sent.map(({ dup }) => dup)).toEqual([false, false, false]);
  client.say({ cmd: 'puback', messageId: sent[1]?.messageId });
  await ping(client);
  client.socket.destroy();
  await client.ended;
  await say(broker, 'a', 4);
  const { client: again } = await enter(broker);
  const repeated = [sent[0], sent[2]].map((message) => ({ ...message, dup: true }));
  expect([await hear(again), await hear(again)]).toEqual(repeated);
  expect(await hear(again)).toMatchObject({ text: '4', dup: false });
  await leave(again);
});

test('a QoS 2 message that was received is released again, not sent again', async () => {
  await using broker = await startBroker();
  const { client } = await enter(broker);
  await client.subscribeAt(2, 'a');
  await sayOnce(broker, 'a', '1');
  const { messageId } = await hear(client);
  client.say({ cmd: 'pubrec', messageId });
  await client.hear('pubrel');
  await leave(client);
  const { client: again } = await enter(broker);
  expect((await again.hear('pubrel')).messageId).toBe(messageId);
  again.say({ cmd: 'pubcomp', messageId });
  await ping(again);
  await leave(again);
  const { client: third } = await enter(broker);
  await ping(third);
  expect(third.received).toEqual([]);
  await leave(third);
});

test('a QoS 2 message that a client repeats on its next connection is published once', async () => {
  await using broker = await startBroker();
  const heard: string[] = [];
  await broker.bus.subscribe('a', ({ payload }) => heard.push(payload.text()));
  const publish = { cmd: 'publish', topic: 'a', payload: '1', qos: 2, messageId: 9 };
  const { client } = await enter(broker);
  client.say(publish);
  await client.hear('pubrec');
  await leave(client);
  const { client: again } = await enter(broker);
  again.say({ ...publish, dup: true });
  await again.hear('pubrec');
  expect(heard).toEqual(['1']);
  await leave(again);
});

test('a session is present even without filters, and gone after a clean one', async () => {
  await using broker = await startBroker();
  const came: unknown[] = [];
  for (const clean of [false, false, true, false]) {
    const { client, sessionPresent } = await enter(broker, { clean });
    came.push(sessionPresent);
    await leave(client);
  }
  expect(came).toEqual([false, true, false, false]);
  await leaveBehind(broker, 'a');
  await say(broker, 'a', 1);
  await leave((await enter(broker, { clean: true })).client);
  const { client } = await enter(broker);
  await say(broker, 'a', 2);
  await ping(client);
  expect(client.received).toEqual([]);
  await leave(client);
});

test('an ended subscription is not kept, and a lasting session without a name is refused', async () => {
  await using broker = await startBroker();
  await leaveBehind(broker, 'a', 'b');
  const { client } = await enter(broker);
  client.say({ cmd: 'unsubscribe', messageId: 5, unsubscriptions: ['a'] });
  await client.hear('unsuback');
  await leave(client);
  await say(broker, 'a', 1);
  await say(broker, 'b', 2);
  const { client: again } = await enter(broker);
  expect((await hear(again)).topic).toBe('b');
  await leave(again);
  using stranger = await RawClient.open(broker.mqttPort);
  // CONNECT with no flag set and an empty client id, which the encoder of this test would not write.
  const connect = [0x10, 12, 0, 4, ...Buffer.from('MQTT'), 4, 0, 0, 0, 0, 0];
  stranger.socket.write(Uint8Array.from(connect));
  expect((await stranger.hear('connack')).returnCode).toBe(2);
});

test('who takes the place of a connection keeps the session, unless it is somebody else', async () => {
  await using broker = await startBroker();
  const { client } = await enter(broker, { username: 'ann' });
  await client.subscribeAt(1, 'a');
  const { client: second, sessionPresent } = await enter(broker, { username: 'ann' });
  await client.ended;
  expect(sessionPresent).toBe(true);
  await say(broker, 'a', 1);
  expect((await hear(second)).text).toBe('1');
  const { client: other, sessionPresent: isBobs } = await enter(broker, { username: 'bob' });
  expect(isBobs).toBe(false);
  await ping(other);
  expect(other.received).toEqual([]);
  await leave(other);
});

test('a refused filter is not kept, and what became forbidden meanwhile is not delivered', async () => {
  const forbidden = new Set(['secret']);
  const rights = {
    ...openRights('ann'),
    isUnlimited: false,
    get revision() {
      return forbidden.size;
    },
    maySubscribe: (filter: string) => !forbidden.has(filter),
    mayReceive: (topic: string) => topic !== 'a/1' || !forbidden.has('a/+'),
  };
  const guard = { connect: () => rights };
  await using broker = await startBroker({ guard });
  const { client } = await enter(broker);
  expect(await client.subscribeAt(1, 'b', 'secret', 'a/+')).toEqual([1, 128, 1]);
  await leave(client);
  for (const topic of ['secret', 'a/1', 'a/2', 'b']) await say(broker, topic, topic);
  forbidden.add('a/+');
  const { client: again } = await enter(broker);
  expect([(await hear(again)).topic, (await hear(again)).topic]).toEqual(['a/2', 'b']);
  await say(broker, 'a/2', 'now');
  await ping(again);
  expect(again.received).toEqual([]);
  await leave(again);
});

test.each([
  ['messages', { sessionMessages: 3 }, 3],
  ['bytes', { sessionBytes: 8 }, 4],
])('a session that is owed too many %s is given up whole', async (_, limits, most) => {
  await using broker = await startBroker({ limits });
  await leaveBehind(broker, 'a');
  for (let n = 0; n < most; n++) await say(broker, 'a', 1);
  const { client, sessionPresent } = await enter(broker);
  expect(sessionPresent).toBe(true);
  for (let n = 0; n < most; n++) await hear(client);
  await leave(client);
  await say(broker, 'a', 1);
  expect((await enter(broker)).sessionPresent).toBe(false);
});

test('of too many sessions the one that is away longest is given up', async () => {
  await using broker = await startBroker({ limits: { sessions: 2 } });
  for (const clientId of ['a', 'b', 'c']) await leave((await enter(broker, { clientId })).client);
  const { client, sessionPresent } = await enter(broker, { clientId: 'b' });
  expect(sessionPresent).toBe(true);
  await leave(client);
  expect((await enter(broker, { clientId: 'a' })).sessionPresent).toBe(false);
});

test('filters that overlap bring a message once, with the highest QoS of them', async () => {
  await using broker = await startBroker();
  for (const clean of [true, false]) {
    const { client } = await enter(broker, { clean });
    await client.subscribeAt(0, 'a/#');
    await client.subscribeAt(1, 'a/+', 'a/b');
    await client.subscribeAt(0, '#');
    await sayOnce(broker, 'a/b', 'x');
    await ping(client);
    expect(client.received).toMatchObject([{ cmd: 'publish', topic: 'a/b', qos: 1 }]);
    await leave(client);
  }
});

test('a reader whose socket is cut in the middle again and again misses nothing', async () => {
  await using broker = await startBroker();
  await leaveBehind(broker, 'a');
  const count = 500;
  for (let n = 0; n < count; n++) await say(broker, 'a', n);
  const seen: number[] = [];
  while (seen.at(-1) !== count - 1) {
    const { client } = await enter(broker);
    for (let n = 0; n < 70 && seen.at(-1) !== count - 1; n++) {
      const { text, dup, messageId } = await hear(client);
      if (!seen.includes(Number(text))) seen.push(Number(text));
      else expect(dup).toBe(true);
      client.say({ cmd: 'puback', messageId });
    }
    client.socket.destroy();
    await client.ended;
  }
  expect(seen).toEqual(Array.from({ length: count }, (_, n) => n));
});

test.skipIf(!hasMosquitto())('mosquitto_sub -c comes back to what it missed', async () => {
  await using broker = await startBroker();
  const run = promisify(execFile);
  const args = ['-p', String(broker.mqttPort), '-i', 'm', '-c', '-q', '1', '-t', 'a/#'];
  await run('mosquitto_sub', [...args, '-E']);
  for (let n = 0; n < 100; n++) await say(broker, `a/${n}`, n);
  const { stdout } = await run('mosquitto_sub', [...args, '-C', '100']);
  expect(stdout.trim().split('\n')).toEqual(Array.from({ length: 100 }, (_, n) => String(n)));
});
