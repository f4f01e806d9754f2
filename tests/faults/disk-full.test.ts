import { Payload, Servient } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import lamp from '@thingtalk/examples/lamp';
import { describe, expect, test } from 'vitest';
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts';
import { mayMount, type SmallDisk, smallDisk } from '../support/small-disk.ts';
import { SocketClient } from '../support/socket-client.ts';

const brightness = `/things/${lamp.id}/properties/brightness`;
/** Longest wait for a gateway to find out that there is space, or none. */
const patience = { timeout: 20_000, interval: 50 };

/** The lamp on the gateway's broker, and a client that may say anything there. */
async function connectLamp(gateway: GatewayProcess) {
  const bus = await MqttBus.connect(gateway.mqtt);
  const thing = await new Servient({ bus }).expose(lamp);
  const isThere = async () => (await fetch(gateway.http + brightness)).status;
  await expect.poll(isThere, patience).toBe(200);
  return { bus, thing, [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose]() };
}

const json = (method: string, body: unknown, type = 'application/json') => ({
  method,
  headers: { 'content-type': type },
  body: JSON.stringify(body),
});

async function put(gateway: GatewayProcess, value: number): Promise<number> {
  return (await fetch(gateway.http + brightness, json('PUT', value))).status;
}

const byHand = {
  '@context': 'https://www.w3.org/2022/wot/td/v1.1',
  title: 'By hand',
  security: 'nosec_sc',
  securityDefinitions: { nosec_sc: { scheme: 'nosec' } },
};
const registration = json('POST', byHand, 'application/td+json');

/** Fills the disk, and writes until that is noticed. Resolves with the last value that was acknowledged. */
async function writeUntilFull(gateway: GatewayProcess, disk: SmallDisk): Promise<number> {
  expect(await put(gateway, 10)).toBe(204);
  await disk.fill();
  for (let value = 11, acknowledged = 10; ; value = (value % 100) + 1) {
    const status = await put(gateway, value);
    if (status === 204) acknowledged = value;
    else {
      expect(status).toBe(507);
      // What the gateway kept back for this moment goes too.
      await disk.fill();
      return acknowledged;
    }
  }
}

/** What each door says to a write. */
async function refusals(gateway: GatewayProcess) {
  const request = (path: string, init: RequestInit) => fetch(gateway.http + path, init);
  const answers = await Promise.all([
    request(brightness, json('PUT', 33)),
    request(`/things/${lamp.id}/properties`, json('PUT', { brightness: 33 })),
    request(`/things/${lamp.id}/actions/fade`, json('POST', { brightness: 1, duration: 1 })),
    request('/things', registration),
    request('/things/urn:dev:late', {
      ...json('PUT', { ...byHand, id: 'urn:dev:late' }, 'application/td+json'),
    }),
  ]);
  return Promise.all(
    answers.map(async (answer) => ({
      status: answer.status,
      type: answer.headers.get('content-type'),
      retryAfter: Number(answer.headers.get('retry-after')),
      problem: ((await answer.json()) as { type?: string }).type,
    })),
  );
}

const refusal = {
  status: 507,
  type: expect.stringContaining('application/problem+json'),
  retryAfter: expect.toSatisfy((seconds: number) => seconds > 0),
  problem: 'urn:thingtalk:problem:storage-full',
};

async function healthOf(gateway: GatewayProcess) {
  const answer = await fetch(`${gateway.http}/health`);
  return { code: answer.status, ...((await answer.json()) as object) };
}

// Only root may mount a disk of its own; CI is root.
describe.skipIf(!mayMount())('a gateway whose disk is full', { timeout: 120_000 }, () => {
  test('reads on, refuses what it cannot store at every door, and writes again once there is space', async () => {
    await using disk = await smallDisk(32);
    let location = '';
    {
      await using gateway = await startGatewayProcess({ data: disk.path });
      await using world = await connectLamp(gateway);
      await writeUntilFull(gateway, disk);

      expect((await fetch(gateway.http + brightness)).status).toBe(200);
      expect((await fetch(`${gateway.http}/things`)).status).toBe(200);
      expect((await fetch(`${gateway.http}/things/${lamp.id}`)).status).toBe(200);
      for (const answer of await refusals(gateway)) expect(answer).toEqual(refusal);
      expect(await healthOf(gateway)).toMatchObject({
        code: 200,
        status: 'degraded',
        storage: { state: 'full', since: expect.any(Number) },
      });
      await expectSocketRefused(gateway);
      await expectTopicRefused(world.bus);
      expect(gateway.log.filter(({ msg }) => /disk is full/.test(String(msg)))).toHaveLength(1);

      await disk.free();
      await expect.poll(() => put(gateway, 77), patience).toBe(204);
      await expect.poll(async () => healthOf(gateway)).toMatchObject({ status: 'up' });
      const registered = await fetch(`${gateway.http}/things`, registration);
      expect(registered.status).toBe(201);
      location = registered.headers.get('location') ?? '';
      await gateway.kill9();
    }
    await using gateway = await startGatewayProcess({ data: disk.path });
    expect(await (await fetch(gateway.http + brightness)).json()).toBe(77);
    expect((await fetch(new URL(location, gateway.http))).status).toBe(200);
  });

  test('has all that it acknowledged when it is killed, and starts without any space', async () => {
    await using disk = await smallDisk(32);
    let acknowledged = 0;
    {
      await using gateway = await startGatewayProcess({ data: disk.path });
      await using _lamp = await connectLamp(gateway);
      acknowledged = await writeUntilFull(gateway, disk);
      await gateway.kill9();
    }
    await disk.fill();
    await using gateway = await startGatewayProcess({ data: disk.path });
    expect(await (await fetch(gateway.http + brightness)).json()).toBe(acknowledged);
    await using _lamp = await connectLamp(gateway);
    await expect.poll(() => put(gateway, 12), patience).toBe(507);
    expect((await fetch(gateway.http + brightness)).status).toBe(200);
    await disk.free();
    await expect.poll(() => put(gateway, 13), patience).toBe(204);
  });
});

async function expectSocketRefused(gateway: GatewayProcess): Promise<void> {
  const url = `${gateway.http.replace('http', 'ws')}/ws`;
  await using socket = await SocketClient.open(url, 'webthingprotocol');
  socket.send({
    thingID: lamp.id,
    messageID: crypto.randomUUID(),
    messageType: 'request',
    operation: 'writeproperty',
    name: 'brightness',
    value: 33,
  });
  expect(await socket.next()).toMatchObject({
    operation: 'writeproperty',
    error: { status: 507, type: refusal.problem },
  });
}

/** Over MQTT there is no answer: what was refused is told on the Thing's `error`. */
async function expectTopicRefused(bus: MqttBus): Promise<void> {
  const told = Promise.withResolvers<unknown>();
  await bus.subscribe(`things/${lamp.id}/error`, ({ payload }) => told.resolve(payload.json()));
  await bus.publish(`things/${lamp.id}/properties/brightness/set`, Payload.of(34));
  expect(await told.promise).toMatchObject({ type: refusal.problem, status: 507 });
}
