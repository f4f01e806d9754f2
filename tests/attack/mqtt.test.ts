import { RawClient } from '@thingtalk/broker/testing';
import { Payload } from '@thingtalk/core';
import { expect, test } from 'vitest';
import { everything, GuardedBroker, message, will } from '../support/guarded-broker.ts';

// Left for later, since MQTT 3.1.1 has nothing of the kind and the embedded broker refuses MQTT 5: M18 (response topics of
// MQTT 5), M19 (correlation data), M20 (topic aliases), M25 (subscription ids), and of M26 the will's delay and properties.
// M30 (epochs and sequences that are forged) is refused where what Things say is judged: packages/core.

const refused = 0x80;
const notAuthorized = 5;

test.each([
  ['M1: nobody in particular', 'c', undefined, 'anonymous connect c'],
  ['M2: a wrong password', 'c', 'guessed', 'anonymous connect'],
  ['M4: a device under the client id of another', 'device_other', 'lamp', 'anonymous connect'],
  ['M4: a device under any other client id', 'c', 'lamp', 'anonymous connect'],
])('%s is not let in', async (_, clientId, password, entry) => {
  await using world = await GuardedBroker.open();
  const { client, returnCode } = await world.enter(clientId, password);
  await client.ended;
  expect(returnCode).toBe(notAuthorized);
  expect(world.denied).toEqual([entry]);
  expect(await world.isHealthy()).toBe(true);
});

test('M3: the client id of another is not taken over, whether it is here or away', async () => {
  await using world = await GuardedBroker.open();
  const { client } = await world.enter('reader', 'ann', { clean: false });
  await client.subscribe('things/lamp/properties/on');
  const thief = await world.enter('reader', 'operator', { clean: true });
  expect(thief.returnCode).toBe(notAuthorized);
  await world.say('things/lamp/properties/on', 'true');
  expect((await client.hear('publish')).topic).toBe('things/lamp/properties/on');
  client.say({ cmd: 'disconnect' });
  await client.ended;
  expect((await world.enter('reader', 'operator')).returnCode).toBe(notAuthorized);
  expect((await world.enter('reader', 'ann', { clean: false })).sessionPresent).toBe(true);
  expect(world.denied).toEqual(new Array(2).fill('person_operator connect reader'));
  expect(await world.isHealthy()).toBe(true);
});

test.each([
  ['M5', '#'],
  ['M5', 'things/#'],
  ['M6', '+/+/set'],
  ['M6', 'things/+/set'],
  ['M7', 'things/+/values'],
  ['M7', 'things/lamp/values'],
  ['M7', 'things/lamp/properties/+'],
  ['M8', '$share/g/#'],
  ['M8', '$share/g/things/other/set'],
  ['M9', '$share//x'],
  ['M9', '$share/g'],
  ['M9', '$share/g/$share/h/x'],
  ['M10', '$SYS/#'],
  ['M10', '$CONTROL/#'],
  ['M10', '$tt/#'],
])('%s: a subscription to %s is refused whole', async (_, filter) => {
  await using world = await GuardedBroker.open();
  await world.say('things/lamp/values', '{"on":true}', true);
  const { client } = await world.enter('reader', 'ann');
  expect(await client.subscribe(filter, 'things/lamp/properties/on')).toEqual([refused, 0]);
  await world.say('things/lamp/values', '{"on":false}');
  await world.say('things/lamp/properties/on', 'false');
  expect((await client.hear('publish')).topic).toBe('things/lamp/properties/on');
  expect(client.received).toEqual([]);
  expect(world.denied).toEqual([`person_ann subscribe ${filter}`]);
  expect(await world.isHealthy()).toBe(true);
});

test.each([
  ['M11: what another Thing says', message('things/other/values', '{"on":true}')],
  ['M11: another Thing’s death', message('things/other/status', '{"online":false}')],
  ['M12: a command to itself', message('things/lamp/set', '{"on":true}')],
  ['M15: a command that would be retained', message('things/lamp/set', '{}', { retain: true })],
  [
    'M15: an action that would be retained',
    message('things/lamp/request_action', '{}', { retain: true }),
  ],
  ['M16: the end of another Thing’s description', message('things/other/td', '', { retain: true })],
  ['M18: an answer in the name of another Thing', message('things/other/reply/me/1', '{}')],
  ['M28: a topic of the broker', message('$SYS/broker')],
])('%s is not published', async (_, packet) => {
  await using world = await GuardedBroker.open();
  await world.say('things/other/td', '{}', true);
  await world.heard.take(1);
  using client = await world.lamp();
  client.say(packet);
  await client.ended;
  expect(world.heard.messages).toHaveLength(1);
  expect(world.denied).toEqual([`device_lamp publish ${packet.topic}`]);
  expect(await world.isHealthy()).toBe(true);
});

test.each([
  ['M13: on a topic of another', will('things/other/values')],
  ['M14: that stays, in the name of another', will('things/other/td', '{}', true)],
  ['M14: that stays, as the death of another', will('things/other/status', '{}', true)],
  ['M15: that is a command and stays', will('things/lamp/set', '{}', true)],
])('a will %s keeps its client out', async (_, more) => {
  await using world = await GuardedBroker.open();
  const { client, returnCode } = await world.enter('device_lamp', 'lamp', more);
  await client.ended;
  expect(returnCode).toBe(notAuthorized);
  expect(world.denied).toEqual(['device_lamp connect device_lamp']);
  expect(await world.isHealthy()).toBe(true);
  expect(world.heard.messages.map(({ topic }) => topic)).toEqual(['things/healthy/values']);
});

test('M13: a device’s will about itself is taken, and said', async () => {
  await using world = await GuardedBroker.open();
  const client = await world.lamp(will('things/lamp/status', '{"online":false}', true));
  client.socket.destroy();
  await world.heard.take(1);
  expect(world.denied).toEqual([]);
});

test('M17: nobody has more retained than is allowed, and the place of what is cleared is free again', async () => {
  await using world = await GuardedBroker.open({ retainedTopics: 2 });
  world.guard.let(
    'bridge',
    [],
    'device',
    ['a', 'b', 'c'].map((one) => `urn:thing:${one}`),
  );
  const retained = { retain: true };
  const enter = async () => (await world.enter('device_bridge', 'bridge')).client;
  using client = await enter();
  for (const one of ['a', 'b', 'a']) client.say(message(`things/${one}/td`, '{}', retained));
  await world.heard.take(3);
  client.say(message('things/c/td', '{}', retained));
  await client.ended;
  expect(world.denied).toEqual(['device_bridge publish things/c/td']);
  await world.say('things/a/td', '', true);
  using again = await enter();
  again.say(message('things/c/td', '{}', retained));
  await world.heard.take(5);
  expect(await world.isHealthy()).toBe(true);
});

test('M21: a right that is taken away ends the subscription at once, and closes the connection', async () => {
  await using world = await GuardedBroker.open();
  const ann = world.guard.let('ann', everything);
  const { client } = await world.enter('reader', 'ann');
  expect(await client.subscribe('things/+/values')).toEqual([0]);
  ann.change([{ right: 'observe', thing: 'urn:thing:lamp' }]);
  await world.say('things/other/values');
  await client.ended;
  expect(client.received).toEqual([]);
  const { client: again } = await world.enter('reader', 'ann');
  expect(await again.subscribe('things/+/values', 'things/lamp/values')).toEqual([refused, 0]);
  expect(await world.isHealthy()).toBe(true);
});

test('M22: a session that is resumed has nothing left of what was taken away meanwhile', async () => {
  await using world = await GuardedBroker.open();
  const ann = world.guard.let('ann', everything);
  const { client } = await world.enter('reader', 'ann', { clean: false });
  await client.subscribeAt(1, 'things/+/values', 'things/lamp/properties/on');
  client.say({ cmd: 'disconnect' });
  await client.ended;
  await world.broker.bus.publish('things/other/values', Payload.ofText('1'), { qos: 1 });
  ann.change([{ right: 'observe', thing: 'urn:thing:lamp', affordance: 'on' }]);
  const { client: again } = await world.enter('reader', 'ann', { clean: false });
  again.say({ cmd: 'pingreq' });
  await again.hear('pingresp');
  await world.say('things/other/values');
  await world.say('things/lamp/properties/on', 'true');
  expect((await again.hear('publish')).topic).toBe('things/lamp/properties/on');
  expect(again.received).toEqual([]);
  expect(await world.isHealthy()).toBe(true);
});

test('M23: who is revoked is cut off at once, and its session and what waits for it are gone', async () => {
  await using world = await GuardedBroker.open();
  world.guard.let('here', everything);
  world.guard.let('away', everything);
  const { client: away } = await world.enter('away', 'away', { clean: false });
  await away.subscribeAt(1, 'things/+/values');
  away.say({ cmd: 'disconnect' });
  await away.ended;
  await world.say('things/lamp/values');
  const { client: here } = await world.enter('here', 'here', { clean: false });
  await here.subscribeAt(1, 'things/+/values');
  world.guard.revoke('here');
  world.guard.revoke('away');
  await here.ended;
  expect((await world.enter('here', 'here')).returnCode).toBe(notAuthorized);
  for (const name of ['here', 'away']) {
    world.guard.let(name, everything);
    const { client, sessionPresent } = await world.enter(name, name, { clean: false });
    client.say({ cmd: 'pingreq' });
    await client.hear('pingresp');
    expect([sessionPresent, client.received]).toEqual([false, []]);
  }
  expect(await world.isHealthy()).toBe(true);
});

test('M24: filters that overlap bring nothing that one of them alone would not, and nothing twice', async () => {
  await using world = await GuardedBroker.open();
  const ann = world.guard.let('ann', everything);
  const { client } = await world.enter('reader', 'ann');
  await client.subscribe('things/+/values', 'things/lamp/values', 'things/lamp/+');
  await world.say('things/lamp/values');
  await client.hear('publish');
  client.say({ cmd: 'pingreq' });
  await client.hear('pingresp');
  expect(client.received).toEqual([]);
  ann.change([{ right: 'observe', thing: 'urn:thing:lamp' }]);
  await client.ended;
  expect(client.received).toEqual([]);
});

test.each([
  ['M26: a length beyond the limit before CONNECT', [0x10, 0xff, 0xff, 0xff, 0x7f]],
  ['M26: CONNACK from a client', [0x20, 2, 0, 0]],
  ['M27: PUBREL of nothing before CONNECT', [0x62, 2, 0, 1]],
  ['M28: a topic with a wildcard', [0x30, 6, 0, 3, 0x61, 0x2f, 0x2b, 1]],
  ['M28: an empty topic', [0x30, 3, 0, 0, 1]],
  ['M28: a topic with NUL', [0x30, 6, 0, 3, 0x61, 0, 0x62, 1]],
  ['M28: a topic that is no UTF-8', [0x30, 5, 0, 2, 0xc0, 0xaf, 1]],
])('%s ends the connection and nothing else', async (name, bytes) => {
  await using world = await GuardedBroker.open();
  const isBefore = name.includes('before');
  using client = isBefore ? await RawClient.open(world.broker.mqttPort) : await world.lamp();
  client.socket.write(Uint8Array.from(bytes));
  await client.ended;
  expect(world.heard.messages).toEqual([]);
  expect(await world.isHealthy()).toBe(true);
});

test('M26: 65,400 slashes are refused as a filter and as a topic', async () => {
  await using world = await GuardedBroker.open();
  const topic = '/'.repeat(65_400);
  const subscriptions = [{ topic, qos: 0 }];
  for (const packet of [message(topic), { cmd: 'subscribe', messageId: 1, subscriptions }]) {
    const { client } = await world.enter('c', 'operator');
    client.say(packet);
    await client.ended;
  }
  expect(await world.isHealthy()).toBe(true);
});

test('M27: a storm of PUBREL for nothing is answered', async () => {
  await using world = await GuardedBroker.open();
  using client = await world.lamp();
  for (let messageId = 1; messageId <= 500; messageId++) {
    client.say({ cmd: 'pubrel', messageId });
  }
  client.say({ cmd: 'pingreq' });
  await client.hear('pingresp');
  expect(await world.isHealthy()).toBe(true);
});

test('M27: what is said again and never released is heard once', async () => {
  await using world = await GuardedBroker.open();
  using client = await world.lamp();
  const said = message('things/lamp/event', '{"hot":{}}', { qos: 2, messageId: 7 });
  for (let time = 0; time < 500; time++) {
    client.say({ ...said, dup: time > 0 });
    await client.hear('pubrec');
  }
  expect(world.heard.messages.map(({ topic }) => topic)).toEqual(['things/lamp/event']);
  expect(await world.isHealthy()).toBe(true);
});

test('M29: many who say nothing are cut off, and others come in meanwhile', async () => {
  await using world = await GuardedBroker.open({ connectMs: 50 });
  const silent = await Promise.all(
    Array.from({ length: 50 }, () => RawClient.open(world.broker.mqttPort)),
  );
  expect(await world.isHealthy()).toBe(true);
  await Promise.all(silent.map(({ ended }) => ended));
});
