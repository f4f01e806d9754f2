import { expect, test } from 'vitest';
import { SocketClient, type Told } from '../support/socket-client.ts';
import { lamp, SocketWorld } from '../support/socket-world.ts';

// What the WebThings tester demands of a socket, and the Web Thing API, https://webthings.io/api/#websocket-protocol

const wholeSeconds = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+00:00$/;
const fade = (brightness: number, duration: number): Told => ({
  messageType: 'requestAction',
  data: { fade: { input: { brightness, duration } } },
});

const dataOf = (message: Told, name: string) => (message.data as Record<string, Told>)[name];

/** Asks for something that is refused: what comes before its error is all that was on its way. */
async function untilQuiet(client: SocketClient): Promise<Told[]> {
  client.send({ messageType: 'setProperty', data: { nothing: 1 } });
  const heard: Told[] = [];
  for (;;) {
    const message = await client.next();
    if (message.messageType === 'error') return heard;
    heard.push(message);
  }
}

test('the socket greets nobody: the first frame answers the first request', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.webthings();
  expect(await untilQuiet(client)).toEqual([]);
});

test.each([
  `/webthings/${lamp.id}`,
  `/things/${lamp.id}`,
  `/webthings/${encodeURIComponent(lamp.id)}`,
])('the dialect is spoken at %s without a subprotocol', async (path) => {
  await using world = await SocketWorld.open();
  await using client = await world.webthings(path);
  client.send({ messageType: 'setProperty', data: { brightness: 10 } });
  expect(await client.next()).toEqual({
    messageType: 'propertyStatus',
    data: { brightness: 10 },
  });
});

test('setProperty is echoed once to every socket, the setter’s too', async () => {
  await using world = await SocketWorld.open();
  await using setter = await world.webthings();
  await using other = await world.webthings();
  setter.send({ messageType: 'setProperty', data: { brightness: 10 } });
  const echo = { messageType: 'propertyStatus', data: { brightness: 10 } };
  expect(await setter.next()).toEqual(echo);
  expect(await other.next()).toEqual(echo);
  expect(await untilQuiet(setter)).toEqual([]);
  expect(await untilQuiet(other)).toEqual([]);
});

test('setting the value that a property has already is echoed to the setter alone', async () => {
  await using world = await SocketWorld.open();
  await using setter = await world.webthings();
  await using other = await world.webthings();
  setter.send({ messageType: 'setProperty', data: { brightness: 50 } });
  expect(await setter.next()).toEqual({ messageType: 'propertyStatus', data: { brightness: 50 } });
  expect(await untilQuiet(setter)).toEqual([]);
  expect(await untilQuiet(other)).toEqual([]);
});

test('what the Thing does by itself is told as propertyStatus', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.webthings();
  world.thing.report('power', 9.25);
  expect(await client.next()).toEqual({ messageType: 'propertyStatus', data: { power: 9.25 } });
});

test('requestAction: actionStatus created, pending and completed go to every socket, with whole seconds', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.webthings();
  await using other = await world.webthings();
  client.send(fade(90, 1_000));
  for (const each of [client, other]) {
    for (const status of ['created', 'pending']) {
      const message = await each.next();
      expect(message.messageType).toBe('actionStatus');
      expect(dataOf(message, 'fade')).toEqual({
        input: { brightness: 90, duration: 1_000 },
        href: expect.stringMatching(`^/webthings/${lamp.id}/actions/fade/.+`),
        status,
        timeRequested: expect.stringMatching(wholeSeconds),
      });
    }
  }
  await world.clock.advance(1_000);
  for (const each of [client, other]) {
    const last = await each.take(2);
    expect(last).toContainEqual({ messageType: 'propertyStatus', data: { brightness: 90 } });
    const completed = last.find(({ messageType }) => messageType === 'actionStatus') as Told;
    expect(dataOf(completed, 'fade')).toMatchObject({
      status: 'completed',
      timeCompleted: expect.stringMatching(wholeSeconds),
    });
    expect(await untilQuiet(each)).toEqual([]);
  }
});

test('requestAction: one that fails ends as error, with the problem', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.webthings();
  client.send({ messageType: 'requestAction', data: { jam: {} } });
  const ended = await client.until((message) => dataOf(message, 'jam')?.status === 'error');
  expect(dataOf(ended, 'jam')?.error).toMatchObject({ status: 500 });
});

test('addEventSubscription: only who asked for it is told of an event', async () => {
  await using world = await SocketWorld.open();
  await using subscriber = await world.webthings();
  await using other = await world.webthings();
  subscriber.send({ messageType: 'addEventSubscription', data: { overheated: {} } });
  await untilQuiet(subscriber);
  world.thing.emit('overheated', 102);
  world.thing.emit('touched');
  expect(await subscriber.next()).toEqual({
    messageType: 'event',
    data: { overheated: { data: 102, timestamp: expect.stringMatching(wholeSeconds) } },
  });
  expect(await untilQuiet(subscriber)).toEqual([]);
  expect(await untilQuiet(other)).toEqual([]);
});

test.each([
  [{ messageType: 'setProperty', data: { volume: 1 } }, 404, 'volume'],
  [{ messageType: 'setProperty', data: { power: 1 } }, 403, 'power'],
  [{ messageType: 'setProperty', data: { brightness: 101 } }, 400, '100'],
  [{ messageType: 'setProperty', data: {} }, 400, 'data'],
  [{ messageType: 'setProperty', data: [] }, 400, 'data'],
  [{ messageType: 'setProperty' }, 400, 'data'],
  [{ messageType: 'requestAction', data: { fade: {} } }, 400, 'fade'],
  [{ messageType: 'requestAction', data: { fade: 1 } }, 400, 'fade'],
  [{ messageType: 'requestAction', data: { fly: {} } }, 404, 'fly'],
  [{ messageType: 'addEventSubscription', data: { volume: {} } }, 404, 'volume'],
  [{ messageType: 'dance', data: {} }, 400, 'dance'],
  [{ data: {} }, 400, 'messageType'],
])('%j is answered with an error of status %i that names %s', async (message, status, named) => {
  await using world = await SocketWorld.open();
  await using client = await world.webthings();
  client.send(message);
  const answer = await client.next();
  expect(answer).toEqual({
    messageType: 'error',
    data: {
      status: expect.stringMatching(`^${status} `),
      message: expect.stringContaining(named),
      problem: expect.objectContaining({ status, type: expect.any(String) }),
    },
  });
});

test('a socket of an unknown Thing is refused with 404', async () => {
  await using world = await SocketWorld.open();
  await expect(SocketClient.open(world.url('/webthings/urn:dev:nobody'))).rejects.toThrow('404');
});
