import { expect, test } from 'vitest';
import type { Told } from '../support/socket-client.ts';
import { lamp, SocketWorld } from '../support/socket-world.ts';

// What clients of the original thingTalk demand of its /channel.

const topic = `things/${lamp.id}`;
const subscribe = (...ids: string[]): Told => ({
  messageType: 'subscribe',
  data: { thing_ids: ids },
});

test('a subscriber hears of a property that another client sets', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.channel();
  await using setter = await world.channel();
  client.send(subscribe(lamp.id));
  client.send({ topic, messageType: 'setProperty', data: { brightness: 10 } });
  expect(await client.next()).toEqual({
    topic,
    messageType: 'propertyStatus',
    data: { brightness: 10 },
  });
  setter.send({ topic, messageType: 'setProperty', data: { brightness: 11 } });
  expect(await client.next()).toMatchObject({ topic, data: { brightness: 11 } });
});

test('a requested action is created, pending and completed; its events are told without asking', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.channel();
  client.send(subscribe(lamp.id));
  client.send({
    topic,
    messageType: 'requestAction',
    data: { fade: { input: { brightness: 90, duration: 1_000 } } },
  });
  const state = (message: Told) => [
    message.topic,
    message.messageType,
    (message.data as Record<string, Told>).fade?.status,
  ];
  expect(state(await client.next())).toEqual([topic, 'actionStatus', 'created']);
  expect(state(await client.next())).toEqual([topic, 'actionStatus', 'pending']);
  await world.clock.advance(1_000);
  const last = await client.take(3);
  expect(last.map(state)).toContainEqual([topic, 'actionStatus', 'completed']);
  expect(last).toContainEqual({ topic, messageType: 'propertyStatus', data: { brightness: 90 } });
  expect(last).toContainEqual({
    topic,
    messageType: 'event',
    data: { overheated: { data: 102, timestamp: expect.stringMatching(/\+00:00$/) } },
  });
});

test('the gateway’s own Thing is urn:thingtalk:server here, in and out', async () => {
  await using world = await SocketWorld.open({ gatewayId: lamp.id });
  await using client = await world.channel();
  client.send(subscribe('urn:thingtalk:server'));
  const alias = 'things/urn:thingtalk:server';
  client.send({ topic: alias, messageType: 'setProperty', data: { brightness: 7 } });
  expect(await client.next()).toEqual({
    topic: alias,
    messageType: 'propertyStatus',
    data: { brightness: 7 },
  });
});

test('who has not subscribed hears of nothing but what was refused', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.channel();
  world.thing.report('on', false);
  client.send({ topic, messageType: 'setProperty', data: { power: 1 } });
  expect(await client.next()).toMatchObject({ topic, messageType: 'error' });
});

test.each([
  [subscribe('urn:dev:nobody'), 404, 'urn:dev:nobody'],
  [subscribe(), 400, 'thing_ids'],
  [{ messageType: 'subscribe', data: { thing_ids: [1] } }, 400, 'thing_ids'],
  [{ messageType: 'setProperty', data: { on: true } }, 400, 'topic'],
  [{ topic: 'rooms/1', messageType: 'setProperty', data: { on: true } }, 400, 'rooms/1'],
  [
    { topic: 'things/urn:dev:nobody', messageType: 'setProperty', data: { on: true } },
    404,
    'urn:dev:nobody',
  ],
  [{ topic, messageType: 'setProperty', data: { on: 1 } }, 400, 'on'],
  [{ topic, messageType: 'dance', data: {} }, 400, 'dance'],
])('%j is answered with an error of status %i that names %s', async (message, status, named) => {
  await using world = await SocketWorld.open();
  await using client = await world.channel();
  client.send(message);
  expect(await client.next()).toEqual({
    topic: expect.stringMatching(/^things\/./),
    messageType: 'error',
    data: {
      status: expect.stringMatching(`^${status} `),
      message: expect.stringContaining(named),
      problem: expect.objectContaining({ status }),
    },
  });
});
