import { virtualHouse } from '@thingtalk/adapter-virtual';
import { Problem } from '@thingtalk/core';
import { SettingsError, startGateway } from '@thingtalk/gateway';
import { expect, test } from 'vitest';
import { startGatewayWorld } from '../support/gateway-world.ts';
import { SocketClient } from '../support/socket-client.ts';

test('a gateway introduces itself as a directory, lists the house, and says that it is well', async () => {
  await using world = await startGatewayWorld({}, { adapters: [virtualHouse()] });
  const self = await (await world.fetch('/.well-known/wot')).json();
  expect(self).toMatchObject({ id: world.gateway.id, '@type': 'ThingDirectory' });
  const things = (await (await world.fetch('/things')).json()) as unknown[];
  expect(things).toHaveLength(17);
  const health = await world.fetch('/health');
  expect(health.status).toBe(200);
  expect(await health.json()).toMatchObject({
    status: 'up',
    things: 17,
    adapters: { virtual: { state: 'running', things: 16 } },
  });
  expect(await (await world.fetch('/metrics')).text()).toContain(
    'thingtalk_things{online="true"} 17',
  );
});

test('the documents hold every row and channel', async () => {
  await using world = await startGatewayWorld();
  const openapi = (await (await world.fetch('/openapi.json')).json()) as { paths: object };
  for (const path of ['/things', '/health', '/metrics', '/webthings']) {
    expect(Object.keys(openapi.paths)).toContain(path);
  }
  expect(await (await world.fetch('/asyncapi.json')).json()).toMatchObject({
    asyncapi: expect.stringMatching(/^3/),
  });
});

test('a port that is taken is told in one line, with how to choose another', async () => {
  await using world = await startGatewayWorld();
  const httpPort = Number(new URL(world.gateway.httpUrl).port);
  const mqttPort = Number(new URL(world.gateway.mqttUrl).port);
  const { data } = world.gateway.settings;
  for (const taken of [{ httpPort }, { mqttPort }]) {
    const [port] = Object.values(taken);
    const error: unknown = await startGateway(
      {
        httpPort: 0,
        mqttPort: 0,
        data,
        database: 'none',
        security: 'demo',
        logLevel: 'silent',
        ...taken,
      },
      {},
    ).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SettingsError);
    expect((error as SettingsError).message).toMatch(
      new RegExp(`^--\\w+-port: port ${port} is taken .*0 is any free`),
    );
  }
});

test('draining says goodbye: sockets are closed with 1001, Things go offline, the port is free', async () => {
  const world = await startGatewayWorld({}, { adapters: [virtualHouse()] });
  const { httpUrl } = world.gateway;
  await using socket = await SocketClient.open(
    `${httpUrl.replace('http', 'ws')}/ws`,
    'webthingprotocol',
  );
  const hanging = world.fetch(`/things/${world.gateway.id}/properties/things/observe`);
  await world[Symbol.asyncDispose]();
  expect(await socket.closed).toBe(1001);
  expect((await hanging).status).toBe(503);
  await expect(fetch(httpUrl)).rejects.toThrow();
  expect(world.log.filter(({ level }) => level === 'error')).toEqual([]);
});

test('an adapter that does not start is told in the log and in /health; the rest is served', async () => {
  const broken = {
    ...{ name: 'broken', health: { state: 'stopped' as const } },
    async start() {
      throw new Problem('thing-unreachable', 'there is no radio at /dev/ttyUSB0');
    },
    async *discover() {},
    async adopt() {},
    async forget() {},
    async drain() {},
  };
  await using world = await startGatewayWorld({}, { adapters: [broken] });
  const health = await world.fetch('/health');
  expect(health.status).toBe(200);
  expect(await health.json()).toMatchObject({ status: 'degraded' });
  expect(world.log.some(({ message }) => message === 'adapter did not start')).toBe(true);
});

test('a data directory has one gateway at a time; the second says so and changes nothing', async () => {
  await using world = await startGatewayWorld();
  const { data } = world.gateway.settings;
  const second = startGateway({
    httpPort: 0,
    mqttPort: 0,
    data,
    security: 'demo',
    logLevel: 'silent',
  });
  await expect(second).rejects.toMatchObject({
    name: 'conflict',
    detail: expect.stringContaining(data),
  });
  expect((await world.fetch('/health')).status).toBe(200);
});
