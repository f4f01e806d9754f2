import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BusMessage, defineThing, Payload, silentLogger } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import { startGateway } from '@thingtalk/gateway';
import { afterEach, beforeEach, expect, test } from 'vitest';

let data = '';

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'thingtalk-restart-'));
});

afterEach(() => rm(data, { recursive: true }));

const start = () =>
  startGateway(
    { httpPort: 0, mqttPort: 0, data, discovery: 'off', security: 'demo' },
    { logger: silentLogger },
  );

const bareTd = { title: 'Bare lamp', properties: { level: { type: 'integer', maximum: 100 } } };

/** A bare device that describes itself and says a value, once. */
async function announce(mqttUrl: string, level: number): Promise<void> {
  await using bus = await MqttBus.connect(mqttUrl);
  await bus.publish('things/lamp/td', Payload.of(bareTd), { retain: true, qos: 1 });
  await bus.publish('things/lamp/values', Payload.of({ level }), { retain: true, qos: 1 });
  await bus.drain();
}

test('a gateway that is started again knows its Things and their values, and says how old these are', async () => {
  {
    await using gateway = await start();
    await announce(gateway.mqttUrl, 42);
    await expect.poll(() => gateway.things.find('lamp')?.property('level')?.value).toBe(42);
  }
  await using gateway = await start();
  const answer = await fetch(`${gateway.httpUrl}/things/lamp/properties/level`);
  expect(await answer.json()).toBe(42);
  expect(answer.headers.get('age')).toMatch(/^\d+$/);
  const again = await announce(gateway.mqttUrl, 43);
  expect(again).toBeUndefined();
  await expect.poll(() => gateway.things.find('lamp')?.property('level')?.value).toBe(43);
  const fresh = await fetch(`${gateway.httpUrl}/things/lamp/properties/level`);
  expect(fresh.headers.get('age')).toBeNull();
});

test('whoever subscribes after a restart is told the last values, though the device is away', async () => {
  {
    await using gateway = await start();
    await announce(gateway.mqttUrl, 42);
    await expect.poll(() => gateway.things.find('lamp')?.property('level')?.value).toBe(42);
  }
  await using gateway = await start();
  await using bus = await MqttBus.connect(gateway.mqttUrl);
  const told = Promise.withResolvers<BusMessage>();
  await bus.subscribe('things/lamp/values', told.resolve);
  const { payload, retain } = await told.promise;
  expect([payload.json(), retain]).toMatchObject([{ level: 42 }, true]);
  expect(gateway.things.find('lamp')?.property('level')).toMatchObject({ confirmed: false });
});

test('a description registered by hand is there after a restart, with the versions it had', async () => {
  const td = {
    '@context': 'https://www.w3.org/2022/wot/td/v1.1',
    id: 'urn:dev:by-hand',
    title: 'By hand',
    security: 'nosec_sc',
    securityDefinitions: { nosec_sc: { scheme: 'nosec' } },
  };
  {
    await using gateway = await start();
    const put = await fetch(`${gateway.httpUrl}/things/${td.id}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/td+json' },
      body: JSON.stringify(td),
    });
    expect(put.status).toBe(201);
  }
  await using gateway = await start();
  const found = await fetch(`${gateway.httpUrl}/things/${td.id}`);
  expect(await found.json()).toMatchObject({
    title: 'By hand',
    registration: { created: expect.any(String) },
  });
});

test('an action that was taken off the list of the WebThings dialect stays off it', async () => {
  const fan = defineThing(
    'urn:dev:fan',
    { title: 'Fan', actions: { spin: {} } },
    { actions: { spin: (_, { delay }) => delay(60_000) } },
  );
  const actions = `/webthings/${fan.id}/actions`;
  let stays = '';
  {
    await using gateway = await start();
    await gateway.expose(fan);
    const spin = async () => {
      const body = JSON.stringify({ spin: {} });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(gateway.httpUrl + actions, { method: 'POST', headers, body });
      return ((await answer.json()) as { spin: { href: string } }).spin.href;
    };
    const goes = await spin();
    stays = await spin();
    expect((await fetch(gateway.httpUrl + goes, { method: 'DELETE' })).status).toBe(204);
  }
  await using gateway = await start();
  await gateway.expose(fan);
  const listed = (await (await fetch(gateway.httpUrl + actions)).json()) as object[];
  expect(listed).toMatchObject([{ spin: { href: stays } }]);
});
