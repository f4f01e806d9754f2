import { expect, test } from 'vitest';
import type { Told } from '../support/socket-client.ts';
import { SocketWorld, type WtpClient } from '../support/socket-world.ts';

// Quotations are from the Web Thing Protocol, W3C draft, https://w3c.github.io/web-thing-protocol/

const overheated = { name: 'overheated' };

/** The next `count` notifications. */
async function take(client: WtpClient, count: number): Promise<Told[]> {
  const told: Told[] = [];
  while (told.length < count) told.push(await client.heard());
  return told;
}

/** Gets the lamp hot with each of these; resolves with the ids by which somebody else heard of it. */
async function heat(world: SocketWorld, ...degrees: readonly number[]): Promise<unknown[]> {
  await using witness = await world.wtp();
  await witness.ask('subscribeallevents');
  for (const each of degrees) world.thing.emit('overheated', each);
  return (await take(witness, degrees.length)).map(({ messageID }) => messageID);
}

const range = (length: number) => Array.from({ length }, (_, n) => n);

/** Connects, subscribes, hears of one event, and loses the connection; resolves with the last id heard. */
async function hearOne(world: SocketWorld): Promise<unknown> {
  await using client = await world.wtp();
  await client.ask('subscribeevent', overheated);
  world.thing.emit('overheated', -1);
  return (await client.heard()).messageID;
}

test('subscribeevent: "the Thing MAY send a notification message to the Consumer for each event emitted by the Thing since the last notification message the Consumer received"', async () => {
  await using world = await SocketWorld.open();
  const lastNotificationID = await hearOne(world);
  const ids = await heat(world, ...range(50));
  await using client = await world.wtp();
  client.send('subscribeevent', { ...overheated, lastNotificationID, correlationID: 'again' });
  // "request, response, notification, notification..."
  expect(await client.socket.next()).toMatchObject({ messageType: 'response', lastNotificationID });
  world.thing.emit('overheated', 50);
  const told = await take(client, 51);
  expect(told.map(({ data }) => data)).toEqual(range(51));
  expect(told.slice(0, 50).map(({ messageID }) => messageID)).toEqual(ids);
  expect(told.every(({ correlationID }) => correlationID === 'again')).toBe(true);
  expect(told.every(({ operation }) => operation === 'subscribeevent')).toBe(true);
});

test('observeproperty: "for each change in value of the Property since the last notification message the Consumer received"', async () => {
  await using world = await SocketWorld.open();
  await using first = await world.wtp();
  await first.ask('observeproperty', { name: 'brightness' });
  world.thing.report('brightness', 1);
  const { messageID: lastNotificationID } = await first.heard();
  await first[Symbol.asyncDispose]();
  await using witness = await world.wtp();
  await witness.ask('observeallproperties');
  for (const level of [2, 3, 4]) {
    world.thing.report('brightness', level);
    await witness.heard();
  }
  await using client = await world.wtp();
  await client.ask('observeproperty', { name: 'brightness', lastNotificationID });
  world.thing.report('brightness', 5);
  expect((await take(client, 4)).map(({ value }) => value)).toEqual([2, 3, 4, 5]);
});

test('messageID: ids strictly increase over all kinds, whoever hears of them', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  await client.ask('subscribeallevents');
  await client.ask('observeallproperties');
  const ids: string[] = [];
  for (const n of range(10)) {
    world.thing.emit('overheated', n);
    world.thing.report('brightness', n);
    ids.push(...(await take(client, 2)).map(({ messageID }) => String(messageID)));
  }
  expect(ids).toEqual([...new Set(ids)].sort());
});

test('a client that has heard nothing yet resumes from the id it was answered with', async () => {
  await using world = await SocketWorld.open();
  await using first = await world.wtp();
  const { lastNotificationID } = await first.ask('subscribeallevents');
  await first[Symbol.asyncDispose]();
  await heat(world, 1, 2);
  await using client = await world.wtp();
  const answer = await client.ask('subscribeallevents', { lastNotificationID });
  expect(answer).toMatchObject({ lastNotificationID });
  expect((await take(client, 2)).map(({ data }) => data)).toEqual([1, 2]);
});

test('"the Thing may choose [...] to only send the most recent": an id too old is answered with another', async () => {
  await using world = await SocketWorld.open({}, 3);
  const lastNotificationID = await hearOne(world);
  const ids = await heat(world, 1, 2, 3, 4, 5);
  await using client = await world.wtp();
  const answer = await client.ask('subscribeevent', { ...overheated, lastNotificationID });
  // The last that was forgotten: the notifications follow that one without a gap.
  expect(answer.lastNotificationID).toBe(ids[1]);
  expect((await take(client, 3)).map(({ data }) => data)).toEqual([3, 4, 5]);
});

test('what would be too much for a client at once is cut to the most recent, and the answer says so', async () => {
  await using world = await SocketWorld.open({ limits: { outboxBytes: 4_000 } });
  const lastNotificationID = await hearOne(world);
  const ids = await heat(world, ...range(50));
  await using client = await world.wtp();
  const answer = await client.ask('subscribeevent', { ...overheated, lastNotificationID });
  const before = ids.indexOf(answer.lastNotificationID);
  expect(before).toBeGreaterThan(30);
  const rest = await take(client, 49 - before);
  expect(rest.map(({ data }) => data)).toEqual(range(50).slice(before + 1));
});

test.each(['ffffffff-ffff-4fff-bfff-ffffffffffff', 'not an id', ''])(
  '"does not have a record of a message with the given UUID, then it MAY ignore": %j',
  async (lastNotificationID) => {
    await using world = await SocketWorld.open();
    const [id] = await heat(world, 1);
    await using client = await world.wtp();
    const answer = await client.ask('subscribeevent', { ...overheated, lastNotificationID });
    expect(answer.lastNotificationID).toBe(id);
    world.thing.emit('overheated', 2);
    expect(await client.heard()).toMatchObject({ data: 2 });
  },
);

test('an id that is no text is refused', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.wtp();
  const answer = await client.ask('subscribeevent', { ...overheated, lastNotificationID: 1 });
  expect(answer.error).toMatchObject({ status: 400 });
});
