import { expect, test } from 'vitest';
import type { Told } from '../support/socket-client.ts';
import { lamp, SocketWorld } from '../support/socket-world.ts';

// Quotations are from the Web Thing Protocol, W3C draft, https://w3c.github.io/web-thing-protocol/

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d+Z$/;

const errorOf = (answer: Told) => answer.error as { status: number; detail: string; type: string };

test('handshake: a request that specifies the "webthingprotocol" sub-protocol is upgraded, on /ws and on the address of a Thing', async () => {
  await using world = await SocketWorld.open();
  await using shared = await world.wtp('/ws');
  await using own = await world.wtp(`/things/${lamp.id}`);
  expect(shared.socket.ws.protocol).toBe('webthingprotocol');
  expect(own.socket.ws.protocol).toBe('webthingprotocol');
});

test('message format: "All messages MUST be a JSON object", with thingID, a UUIDv4 messageID, messageType and operation', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  expect(await client.ask('readproperty', { name: 'on' })).toMatchObject({
    thingID: lamp.id,
    messageID: expect.stringMatching(uuid4),
    messageType: 'response',
    operation: 'readproperty',
  });
});

test('message format: "If a request message contains a correlationID member then any response [...] MUST also include" it', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  expect(await client.ask('readproperty', { name: 'on', correlationID: 'c-1' })).toMatchObject({
    correlationID: 'c-1',
  });
  expect(await client.ask('readproperty', { name: 'on' })).not.toHaveProperty('correlationID');
  expect(await client.ask('nonsense', { correlationID: 'c-2' })).toMatchObject({
    correlationID: 'c-2',
    error: { status: 400 },
  });
});

test('readproperty: the response holds the name and "the current value of the Property being read"', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  expect(await client.ask('readproperty', { name: 'brightness' })).toMatchObject({
    name: 'brightness',
    value: 50,
    timestamp: expect.stringMatching(time),
  });
});

test('writeproperty: the response contains "a value member with its value set to the value which has been successfully set"', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  const answer = await client.ask('writeproperty', { name: 'brightness', value: 20 });
  expect(answer).toMatchObject({ operation: 'writeproperty', name: 'brightness', value: 20 });
  expect(world.things.find(lamp.id)?.property('brightness')?.value).toBe(20);
});

test('writeproperty: for "a write-only property" the response "MUST NOT contain a value member"', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  const answer = await client.ask('writeproperty', { name: 'pin', value: '1234' });
  expect(answer).toMatchObject({ name: 'pin' });
  expect(answer).not.toHaveProperty('value');
  expect(answer).not.toHaveProperty('error');
});

test('writeproperty: the request of the draft’s own example, which calls itself a response, is taken', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  const members = { messageType: 'response', name: 'on', value: false };
  expect(await client.ask('writeproperty', members)).toMatchObject({ value: false });
});

test('readallproperties: values holds "the value of all of its readable Properties"', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  expect(await client.ask('readallproperties')).toMatchObject({
    values: { on: true, brightness: 50, power: 7.5 },
  });
});

test('readmultipleproperties: values holds the properties in names', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  const answer = await client.ask('readmultipleproperties', { names: ['on', 'power'] });
  expect(answer.values).toEqual({ on: true, power: 7.5 });
});

test.each([
  ['is empty', []],
  ['contains an invalid Property name', ['on', 'volume']],
  ['contains the name of a writeOnly Property', ['pin']],
])(
  'readmultipleproperties: names that %s get an error response with status 400',
  async (_, names) => {
    await using world = await SocketWorld.open();
    await using client = await world.wtp();
    const answer = await client.ask('readmultipleproperties', { names });
    expect(errorOf(answer).status).toBe(400);
    expect(answer).not.toHaveProperty('values');
  },
);

test('writemultipleproperties: values holds "the values which have been successfully assigned"', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  const values = { on: false, brightness: 25 };
  expect(await client.ask('writemultipleproperties', { values })).toMatchObject({ values });
});

test.each([
  ['is empty', {}],
  ['contains an invalid Property name', { on: false, volume: 3 }],
  ['contains the name of a readOnly Property', { on: false, power: 3 }],
  ['contains a value which does not conform to the data schema', { on: false, brightness: 101 }],
])(
  'writemultipleproperties: a values member that %s gets status 400, and nothing is written',
  async (_, values) => {
    await using world = await SocketWorld.open();
    await using client = await world.wtp();
    expect(errorOf(await client.ask('writemultipleproperties', { values })).status).toBe(400);
    expect(world.things.find(lamp.id)?.property('on')?.value).toBe(true);
  },
);

test('writeallproperties: a message that "does not contain values for all writeable properties" gets status 400', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  const some = await client.ask('writeallproperties', { values: { on: false, brightness: 5 } });
  expect(errorOf(some)).toMatchObject({ status: 400, detail: expect.stringContaining("'pin'") });
  const all = await client.ask('writeallproperties', {
    values: { on: false, brightness: 5, pin: '0000' },
  });
  expect(all.values).toEqual({ on: false, brightness: 5 });
});

test('observeproperty: "whenever a change in the value of the observed Property occurs" a notification is sent', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  const answer = await client.ask('observeproperty', { name: 'brightness', correlationID: 'c' });
  expect(answer).toMatchObject({ name: 'brightness', correlationID: 'c' });
  world.thing.report('on', false);
  world.thing.report('brightness', 42);
  expect(await client.heard()).toEqual({
    thingID: lamp.id,
    messageID: expect.stringMatching(uuid4),
    messageType: 'notification',
    operation: 'observeproperty',
    name: 'brightness',
    value: 42,
    timestamp: expect.stringMatching(time),
    correlationID: 'c',
  });
});

test('observeproperty: a second one replaces the first, "last subscription wins"', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  await client.ask('observeallproperties', { correlationID: 'all' });
  await client.ask('observeproperty', { name: 'brightness', correlationID: 'one' });
  world.thing.report('brightness', 1);
  world.thing.report('on', false);
  const [brightness, on] = [await client.heard(), await client.heard()].sort((a, b) =>
    String(a.name).localeCompare(String(b.name)),
  );
  expect(brightness).toMatchObject({ operation: 'observeproperty', correlationID: 'one' });
  expect(on).toMatchObject({ operation: 'observeallproperties', correlationID: 'all' });
});

test('observeallproperties: replaces "the existing observation subscriptions with new ones"', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  await client.ask('observeproperty', { name: 'brightness', correlationID: 'one' });
  await client.ask('observeallproperties', { correlationID: 'all' });
  world.thing.report('brightness', 2);
  expect(await client.heard()).toMatchObject({ value: 2, correlationID: 'all' });
  world.thing.report('brightness', 3);
  expect(await client.heard()).toMatchObject({ value: 3, correlationID: 'all' });
});

test('unobserveproperty: removes one subscription and "does not impact active observation subscriptions for other Properties"', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  await client.ask('observeallproperties');
  expect(await client.ask('unobserveproperty', { name: 'on' })).toMatchObject({ name: 'on' });
  world.thing.report('on', false);
  world.thing.report('brightness', 9);
  expect(await client.heard()).toMatchObject({ name: 'brightness', value: 9 });
});

test.each([
  ['unobserveproperty', { name: 'on' }],
  ['unobserveallproperties', {}],
  ['unsubscribeevent', { name: 'overheated' }],
  ['unsubscribeallevents', {}],
])(
  '%s: without a subscription "it SHOULD still send a success response"',
  async (operation, members) => {
    await using world = await SocketWorld.open();
    await using client = await world.wtp();
    expect(await client.ask(operation, members)).not.toHaveProperty('error');
  },
);

test('unobserveallproperties: removes all, however they were made', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  await client.ask('observeallproperties');
  await client.ask('observeproperty', { name: 'on' });
  await client.ask('unobserveallproperties');
  await client.ask('subscribeevent', { name: 'touched' });
  world.thing.report('on', false);
  world.thing.emit('touched');
  expect(await client.heard()).toMatchObject({ operation: 'subscribeevent' });
});

test('invokeaction, synchronous: the response comes upon completion and holds the output', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  const answer = await client.ask('invokeaction', { name: 'double', input: 21 });
  expect(answer).toMatchObject({ name: 'double', output: 42, timestamp: expect.any(String) });
  expect(answer).not.toHaveProperty('status');
});

test('invokeaction, synchronous: "If the Thing fails to complete the requested Action" an error response is sent', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  expect(errorOf(await client.ask('invokeaction', { name: 'jam' })).status).toBe(500);
});

test('invokeaction, asynchronous: the response holds a status with actionID, state and timeRequested', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  const input = { brightness: 10, duration: 100 };
  expect(await client.ask('invokeaction', { name: 'fade', input })).toMatchObject({
    name: 'fade',
    status: {
      actionID: expect.stringMatching(uuid4),
      state: expect.stringMatching(/^(pending|running)$/),
      timeRequested: expect.stringMatching(time),
    },
  });
});

test('queryaction: the state goes from running to completed, with timeEnded', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  const input = { brightness: 10, duration: 100 };
  const { status } = await client.ask('invokeaction', { name: 'fade', input });
  const { actionID } = status as { actionID: string };
  const running = await client.ask('queryaction', { actionID });
  expect(running).toMatchObject({ name: 'fade', status: { actionID, state: 'running' } });
  await world.clock.advance(100);
  expect(await client.ask('queryaction', { actionID })).toMatchObject({
    status: { actionID, state: 'completed', timeEnded: expect.stringMatching(time) },
  });
});

test('queryaction: "because no Action with the provided actionID exists" the error response has status 404', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  const answer = await client.ask('queryaction', { actionID: 'nobody' });
  expect(errorOf(answer)).toMatchObject({ status: 404, detail: expect.stringContaining('nobody') });
});

test('cancelaction: the response repeats the actionID, and the run is over', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  const input = { brightness: 10, duration: 60_000 };
  const { status } = await client.ask('invokeaction', { name: 'fade', input });
  const { actionID } = status as { actionID: string };
  expect(await client.ask('cancelaction', { actionID })).toMatchObject({ actionID });
  const after = await client.ask('queryaction', { actionID });
  expect(after).toMatchObject({ status: { state: 'failed' } });
});

test('queryallactions: statuses are keyed by action name, "such that the most recently requested action instance appears first"', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  const ids: unknown[] = [];
  for (const brightness of [1, 2]) {
    const input = { brightness, duration: 1_000 };
    const { status } = await client.ask('invokeaction', { name: 'fade', input });
    ids.unshift((status as Told).actionID);
  }
  const { statuses } = await client.ask('queryallactions');
  const { fade, double } = statuses as Record<string, Told[]>;
  expect(fade?.map(({ actionID }) => actionID)).toEqual(ids);
  expect(double).toEqual([]);
});

test('subscribeevent: the notification holds name and data, and the operation that asked for it', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  const asked = { name: 'overheated', correlationID: 'e' };
  expect(await client.ask('subscribeevent', asked)).toMatchObject({ name: 'overheated' });
  world.thing.emit('touched');
  world.thing.emit('overheated', 90);
  expect(await client.heard()).toEqual({
    thingID: lamp.id,
    messageID: expect.stringMatching(uuid4),
    messageType: 'notification',
    operation: 'subscribeevent',
    name: 'overheated',
    data: 90,
    timestamp: expect.stringMatching(time),
    correlationID: 'e',
  });
});

test('subscribeallevents and unsubscribeevent: all but the one are told; an event without data has no data member', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  await client.ask('subscribeallevents');
  await client.ask('unsubscribeevent', { name: 'overheated' });
  world.thing.emit('overheated', 90);
  world.thing.emit('touched');
  const heard = await client.heard();
  expect(heard).toMatchObject({ operation: 'subscribeallevents', name: 'touched' });
  expect(heard).not.toHaveProperty('data');
});

test('unsubscribeallevents: nothing is told any more', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  await client.ask('subscribeallevents');
  await client.ask('unsubscribeallevents');
  await client.ask('observeproperty', { name: 'on' });
  world.thing.emit('touched');
  world.thing.report('on', false);
  expect(await client.heard()).toMatchObject({ operation: 'observeproperty' });
});

test.each([
  ['readproperty', { name: 'volume' }, 404],
  ['readproperty', { name: 'pin' }, 403],
  ['writeproperty', { name: 'power', value: 1 }, 403],
  ['writeproperty', { name: 'brightness', value: 'x' }, 400],
  ['writeproperty', { name: 'brightness' }, 400],
  ['observeproperty', { name: 'volume' }, 404],
  ['subscribeevent', { name: 'volume' }, 404],
  ['invokeaction', { name: 'volume' }, 404],
  ['invokeaction', { name: 'fade', input: { brightness: 1 } }, 400],
  ['readproperty', { thingID: 'urn:dev:nobody', name: 'on' }, 404],
  ['readproperty', {}, 400],
  ['readproperty', { thingID: undefined, name: 'on' }, 400],
  ['readproperty', { messageID: undefined, name: 'on' }, 400],
  ['readproperty', { messageType: 'notification', name: 'on' }, 400],
  ['fly', {}, 400],
])(
  'error response: %s %j gets an RFC 9457 object with status %i',
  async (operation, members, status) => {
    await using world = await SocketWorld.open();
    await using client = await world.wtp();
    const answer = await client.ask(operation, members);
    expect(answer).toMatchObject({
      messageType: 'response',
      error: {
        status,
        type: expect.any(String),
        title: expect.any(String),
        detail: expect.any(String),
      },
      timestamp: expect.stringMatching(time),
    });
  },
);

test('error response: a Thing that is offline is 503', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  await world.thing.drain();
  const answer = await client.ask('writeproperty', { name: 'on', value: false });
  expect(errorOf(answer).status).toBe(503);
});
