import { defineThing, Payload, Servient, ThingId } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import { expect, test } from 'vitest';
import { type GatewayWorld, startGatewayWorld } from '../support/gateway-world.ts';
import { SocketClient } from '../support/socket-client.ts';

/** A gateway, and an oven outside of it that counts how often each run began. */
async function startOvenWorld() {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await startGatewayWorld());
  const bus = stack.use(await MqttBus.connect(world.gateway.mqttUrl));
  const begun: string[] = [];
  const oven = defineThing(
    'urn:dev:oven',
    { title: 'Oven', actions: { bake: { input: { type: 'object' } } } },
    {
      actions: {
        bake(_, { id, delay }) {
          begun.push(id);
          return delay(50);
        },
      },
    },
  );
  const servient = stack.use(new Servient({ bus }));
  await servient.expose(oven);
  await servient.expose({ ...oven, id: ThingId('urn:dev:oven-2') });
  const { things } = world.gateway;
  await expect.poll(() => things.find('urn:dev:oven')?.answers).toBe(true);
  await expect.poll(() => things.find('urn:dev:oven-2')?.answers).toBe(true);
  const owned = stack.move();
  return { world, bus, begun, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const input = { minutes: 20, degrees: 180 };

function bake(world: GatewayWorld, key: string, body: object = input, oven = 'urn:dev:oven') {
  return world.fetch(`/things/${oven}/actions/bake`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  });
}

/** What a socket answers a request with, whatever else it says. */
async function ask(
  world: GatewayWorld,
  path: string,
  protocol: string | undefined,
  message: object,
) {
  const url = world.gateway.httpUrl.replace('http', 'ws') + path;
  await using client = await SocketClient.open(url, protocol);
  client.send(message);
  return await client.next();
}

test('twenty requests at once under one key are one run, and all are told where it is', async () => {
  await using oven = await startOvenWorld();
  const answers = await Promise.all(Array.from({ length: 20 }, () => bake(oven.world, 'key')));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(answers.map(({ headers }) => headers.get('location')))).toEqual(
    new Set(['/things/urn:dev:oven/actions/bake/key']),
  );
  expect(oven.begun).toEqual(['key']);
});

test('one key is one run at every door: HTTP, the webthings dialect, both sockets and the bus', async () => {
  await using oven = await startOvenWorld();
  const { world, bus, begun } = oven;
  const key = 'order 66/ä';
  const encoded = encodeURIComponent(key);
  await bus.publish('things/urn:dev:oven/request_action', Payload.of({ bake: { id: key, input } }));
  await expect.poll(() => begun).toEqual([key]);
  // A header carries bytes: what is not ASCII is written as Latin-1.
  const http = await bake(world, key);
  expect(http.headers.get('location')).toBe(`/things/urn:dev:oven/actions/bake/${encoded}`);
  const webthings = await world.fetch('/webthings/urn:dev:oven/actions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ bake: { input } }),
  });
  expect(webthings.status).toBe(201);
  const wtp = { thingID: 'urn:dev:oven', messageID: '1', messageType: 'request' };
  const invoke = { ...wtp, operation: 'invokeaction', name: 'bake', input, actionID: key };
  expect(await ask(world, '/ws', 'webthingprotocol', invoke)).toMatchObject({
    messageType: 'response',
    status: { actionID: key },
  });
  const other = { messageType: 'requestAction', data: { bake: { id: key, input: {} } } };
  expect(await ask(world, '/webthings/urn:dev:oven', undefined, other)).toMatchObject({
    messageType: 'error',
    data: { status: expect.stringMatching(/^409 /) },
  });
  expect((await bake(world, key, { minutes: 21 })).status).toBe(409);
  expect(begun).toEqual([key]);
});

test('a key belongs to its Thing: another Thing has a run of its own under it', async () => {
  await using oven = await startOvenWorld();
  expect((await bake(oven.world, 'key')).status).toBe(201);
  expect((await bake(oven.world, 'key', { minutes: 1 }, 'urn:dev:oven-2')).status).toBe(201);
  expect(oven.begun).toEqual(['key', 'key']);
});

test.each([
  ['empty', ''],
  ['two dots', '..'],
  ['257 characters', 'x'.repeat(257)],
])('a key that cannot be an id is refused, and named: %s', async (_, key) => {
  await using oven = await startOvenWorld();
  const answer = await bake(oven.world, key);
  expect(answer.status).toBe(400);
  const { detail } = (await answer.json()) as { detail: string };
  expect(detail).toContain(`not '${key.slice(0, 50)}`);
  expect(oven.begun).toEqual([]);
});
