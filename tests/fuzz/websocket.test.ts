import { once } from 'node:events';
import { connect } from 'node:net';
import type { WebSocketOptions } from '@thingtalk/application';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SocketClient } from '../support/socket-client.ts';
import { lamp, SocketWorld } from '../support/socket-world.ts';

const dialects = ['wtp', 'webthings', 'channel'] as const;
type Dialect = (typeof dialects)[number];

async function open(world: SocketWorld, dialect: Dialect): Promise<SocketClient> {
  if (dialect === 'wtp') return (await world.wtp()).socket;
  return dialect === 'webthings' ? world.webthings() : world.channel();
}

/** Says whether an answer of any dialect is a refusal, and that it names a status of 4xx or 503. */
function refusal(answer: Readonly<Record<string, unknown>>): number {
  const data = answer.data as { problem?: { status: number } } | undefined;
  const error = (answer.error ?? data?.problem) as { status: number; detail: string };
  expect(error.detail).not.toBe('');
  return error.status;
}

const values = (world: SocketWorld) => world.things.readProperties(lamp.id);

/** JSON that is nearly what a dialect wants. */
const nearly = fc.record(
  {
    thingID: fc.oneof(fc.constant(lamp.id), fc.jsonValue()),
    messageID: fc.oneof(fc.constant('m'), fc.jsonValue()),
    messageType: fc.oneof(
      fc.constantFrom('request', 'setProperty', 'requestAction', 'subscribe'),
      fc.jsonValue(),
    ),
    operation: fc.oneof(
      fc.constantFrom(
        'writeproperty',
        'writemultipleproperties',
        'invokeaction',
        '__proto__',
        'toString',
      ),
      fc.jsonValue(),
    ),
    topic: fc.oneof(fc.constant(`things/${lamp.id}`), fc.jsonValue()),
    name: fc.oneof(
      fc.constantFrom('power', '__proto__', 'constructor', 'a\0b', '\ud800'),
      fc.jsonValue(),
    ),
    // Never acceptable: no value of the lamp's is an array.
    value: fc.array(fc.jsonValue()),
    values: fc.dictionary(fc.string(), fc.array(fc.jsonValue())),
    input: fc.array(fc.jsonValue()),
    data: fc.oneof(
      fc.dictionary(
        fc.constantFrom('on', 'power', '__proto__', 'a\0b', 'fade'),
        fc.array(fc.jsonValue()),
      ),
      fc.jsonValue(),
    ),
  },
  { requiredKeys: [] },
);

const nonsense = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.constantFrom(
    '',
    '{',
    '[]',
    'null',
    '{"__proto__":{"on":false}}',
    '['.repeat(100_000),
    '{"a":'.repeat(50),
  ),
  fc.constant(`{${Array.from({ length: 1_001 }, (_, at) => `"m${at}":1`).join(',')}}`),
  nearly.map((message) => JSON.stringify(message)),
);

test.each(dialects)(
  '%s: whatever text comes, it is answered, nothing changes, and others are undisturbed',
  async (dialect) => {
    await using world = await SocketWorld.open();
    await using client = await open(world, dialect);
    await using other = await world.wtp();
    const before = await values(world);
    await fc.assert(
      fc.asyncProperty(nonsense, async (text) => {
        client.send(text);
        const status = refusal(await client.next());
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
    expect(await values(world)).toEqual(before);
    expect(await other.ask('readproperty', { name: 'on' })).toMatchObject({ value: true });
    expect(({} as Record<string, unknown>).on).toBeUndefined();
  },
);

test.each(dialects)(
  '%s: binary frames close with 1003, invalid UTF-8 with 1007, a message too large with 1009',
  async (dialect) => {
    const limits = { messageBytes: 1_000 };
    await using world = await SocketWorld.open({ limits });
    await using binary = await open(world, dialect);
    binary.ws.send(Buffer.from('{}'), { binary: true });
    expect(await binary.closed).toBe(1003);
    await using invalid = await open(world, dialect);
    invalid.ws.send(Buffer.from([0x7b, 0xff, 0x7d]), { binary: false });
    expect(await invalid.closed).toBe(1007);
    await using large = await open(world, dialect);
    large.send(' '.repeat(1_000));
    expect(refusal(await large.next())).toBe(400);
    large.send(' '.repeat(1_001));
    expect(await large.closed).toBe(1009);
  },
);

const handshake = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

/** Shakes hands, sends `bytes`, ends, and resolves with all that was answered when the server has closed. */
async function raw(world: SocketWorld, bytes: Uint8Array, end: boolean): Promise<Buffer> {
  const socket = connect(world.server.port, '127.0.0.1');
  const heard: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => heard.push(chunk));
  socket.on('error', () => {});
  socket.write(handshake('/channel'));
  await once(socket, 'data');
  heard.length = 0;
  if (end) socket.end(bytes);
  else socket.write(bytes);
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(heard);
}

test.each([
  ['without a mask', [0x81, 0x02, 0x7b, 0x7d], 1002],
  ['with reserved bits', [0xf1, 0x80, 0, 0, 0, 0], 1002],
  ['of an unknown opcode', [0x83, 0x80, 0, 0, 0, 0], 1002],
  ['that continues nothing', [0x80, 0x80, 0, 0, 0, 0], 1002],
  ['that claims 2^63 bytes', [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], 1009],
])('a frame %s is answered with a close frame', async (_, bytes, code) => {
  await using world = await SocketWorld.open();
  const heard = await raw(world, Uint8Array.from(bytes), false);
  expect(heard[0]).toBe(0x88);
  expect(heard.readUInt16BE(2)).toBe(code);
});

test('frames cut anywhere, and bytes that are no frames, end one connection and nothing else', async () => {
  await using world = await SocketWorld.open();
  await using other = await world.wtp();
  const before = await values(world);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (bytes) => {
      await raw(world, bytes, true);
    }),
    { numRuns: 60 },
  );
  expect(await values(world)).toEqual(before);
  expect(await other.ask('readproperty', { name: 'on' })).toMatchObject({ value: true });
  expect(world.door.stats.clients).toBe(1);
});

test('a client that gives no sign of life is cut off, one that does stays', async () => {
  await using world = await SocketWorld.open({ limits: { pingMs: 1_000 } });
  await using lively = await world.channel();
  const silent = connect(world.server.port, '127.0.0.1');
  silent.write(handshake('/channel'));
  await once(silent, 'data');
  const closed = once(silent, 'close');
  const pinged = once(lively.ws, 'ping');
  await world.clock.advance(1_000);
  await pinged;
  lively.send('{}');
  await lively.next();
  await world.clock.advance(1_000);
  await closed;
  lively.send('{}');
  expect(refusal(await lively.next())).toBe(400);
});

const withLimits = (limits: NonNullable<WebSocketOptions['limits']>) =>
  SocketWorld.open({ limits });

test('subscriptions are taken up to the limit, and the next is refused', async () => {
  await using world = await withLimits({ subscriptions: 2 });
  await using client = await world.wtp();
  expect(await client.ask('observeproperty', { name: 'on' })).not.toHaveProperty('error');
  expect(await client.ask('subscribeallevents')).not.toHaveProperty('error');
  const refused = await client.ask('observeproperty', { name: 'brightness' });
  expect(refusal(refused)).toBe(503);
  expect(await client.ask('observeproperty', { name: 'on' })).not.toHaveProperty('error');
  await client.ask('unobserveproperty', { name: 'on' });
  expect(await client.ask('observeproperty', { name: 'brightness' })).not.toHaveProperty('error');
});

test('requests under way are taken up to the limit, and the next is refused at once', async () => {
  await using world = await withLimits({ pendingRequests: 2 });
  await using client = await world.wtp();
  for (const correlationID of ['1', '2', '3']) {
    client.send('invokeaction', { name: 'wait', correlationID });
  }
  const refused = await client.socket.next();
  expect(refused.correlationID).toBe('3');
  expect(refusal(refused)).toBe(503);
  await world.clock.advance(1_000);
  const answered = await client.socket.take(2);
  expect(answered.map(({ correlationID }) => correlationID)).toEqual(['1', '2']);
  expect(await client.ask('readproperty', { name: 'on' })).toMatchObject({ value: true });
});

test('a client that takes no events is closed with 1013, and others hear every one', async () => {
  await using world = await withLimits({ outboxBytes: 20_000 });
  await using lagging = await world.wtp();
  await using lively = await world.wtp();
  for (const client of [lagging, lively]) await client.ask('subscribeallevents');
  lagging.socket.ws.pause();
  const total = 60_000;
  let heard = 0;
  for (let sent = 0; sent < total; sent += 100) {
    for (let at = 0; at < 100; at++) world.thing.emit('overheated', sent + at);
    for (let at = 0; at < 100; at++) expect((await lively.heard()).data).toBe(heard++);
    if (world.door.stats.clients === 1) break;
  }
  lagging.socket.ws.resume();
  expect(await lagging.socket.closed).toBe(1013);
});

test('draining says goodbye with 1001 and refuses newcomers', async () => {
  await using world = await SocketWorld.open();
  await using client = await world.channel();
  const drained = world.door.drain();
  expect(await client.closed).toBe(1001);
  await drained;
  await expect(world.channel()).rejects.toThrow('503');
});
