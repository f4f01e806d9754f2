import { once } from 'node:events';
import { defineThing, systemClock, type ThingDescription } from '@thingtalk/core';
import { FakeClock } from '@thingtalk/core/testing';
import { connectAsync, type MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { type AdministeredGateway, startSecuredGateway } from '../support/secured-gateway.ts';

const lampTd = {
  title: 'Lamp',
  properties: { on: { type: 'boolean' }, level: { type: 'integer' } },
  actions: { blink: {} },
  events: { hot: { data: { type: 'integer' } } },
} as const;
const lamp = defineThing('urn:dev:lamp', lampTd, {
  initial: { on: false, level: 1 },
  actions: { blink: () => {} },
});
const other = defineThing(
  'urn:dev:other',
  { ...lampTd, title: 'Other' },
  {
    initial: { on: false, level: 1 },
    actions: { blink: () => {} },
  },
);

const hourMs = 3_600_000;

interface Limited {
  readonly world: AdministeredGateway;
  readonly bob: { readonly id: string; readonly token: string };
  readonly grant: string;
}

/** `bob`, who may read, write and observe the lamp's `on` for an hour, and nothing else. */
async function limit(world: AdministeredGateway, now: number): Promise<Limited> {
  const expires = now + hourMs;
  const bob = await world.let('bob', { expires });
  const until = new Date(expires).toISOString();
  const stored = await world.security.policy.grants.add(
    {
      who: { person: bob.id },
      on: { thing: lamp.id, affordance: 'on' },
      ops: ['read', 'write', 'observe'],
      when: { until },
    },
    { author: world.admin.id },
  );
  return { world, bob, grant: stored.id };
}

function mqttOf({ world, bob }: Limited): Promise<MqttClient> {
  const [, clientId = ''] = /^tt_(pat_[^_]+)_/.exec(bob.token) ?? [];
  return connectAsync(world.gateway.mqttUrl, {
    ...{ ca: world.ca, clientId, protocolVersion: 4, reconnectPeriod: 0 },
    ...{ username: 'bob', password: bob.token },
  });
}

/** Opens a stream, a socket and an MQTT session. Each resolves when it is closed by the gateway. */
async function openAll(limited: Limited) {
  const { world, bob } = limited;
  const headers = { accept: 'text/event-stream' };
  const path = `/things/${lamp.id}/properties/on`;
  const stream = await world.ask(path, { token: bob.token, headers });
  expect(stream.status).toBe(200);
  const socket = new WebSocket(
    `${world.gateway.httpUrl.replace('https', 'wss')}/ws`,
    'webthingprotocol',
    { ca: world.ca, headers: { authorization: `Bearer ${bob.token}` } },
  );
  await once(socket, 'open');
  const client = await mqttOf(limited);
  const topic = `things/${lamp.id}/properties/on`;
  expect((await client.subscribeAsync(topic))[0]?.qos).toBe(0);
  const streamEnds = (async () => {
    for await (const _ of stream.body ?? []);
  })();
  return {
    ...{ client, topic },
    closed: {
      stream: streamEnds,
      socket: once(socket, 'close').then(([code]) => code as number),
      mqtt: new Promise<void>((resolve) => client.once('close', () => resolve())),
    },
  };
}

test('who is limited to one property of one Thing sees nothing else, by any door', async () => {
  await using world = await startSecuredGateway({}, { expose: [lamp, other] });
  const limited = await limit(world, systemClock.now());
  const { token } = limited.bob;
  const json = async (path: string) => (await world.ask(path, { token })).json();

  const things = (await json('/things')) as readonly ThingDescription[];
  expect(things.map(({ id }) => id)).toEqual([lamp.id]);
  const td = (await json(`/things/${lamp.id}`)) as ThingDescription;
  expect(Object.keys(td.properties ?? {})).toEqual(['on']);
  expect([Object.keys(td.actions ?? {}), Object.keys(td.events ?? {})]).toEqual([[], []]);
  expect(await json(`/things/${lamp.id}/properties`)).toEqual({ on: false });
  for (const path of [`/things/${other.id}`, `/things/${other.id}/properties/on`]) {
    expect((await world.ask(path, { token })).status).toBe(404);
  }
  const put = (name: string) =>
    world.ask(`/things/${lamp.id}/properties/${name}`, { token, method: 'PUT', body: 7 });
  expect((await put('level')).status).toBeOneOf([403, 404]);
  expect((await world.ask('/people', { token })).status).toBe(403);

  const client = await mqttOf(limited);
  const granted = async (filter: string) => (await client.subscribeAsync(filter))[0]?.qos;
  expect(await granted(`things/${lamp.id}/properties/on`)).toBe(0);
  for (const filter of [
    ...['#', 'things/#', 'things/+/properties/on', `things/${lamp.id}/#`],
    ...[`things/${lamp.id}/values`, `things/${other.id}/properties/on`],
  ]) {
    expect([filter, await granted(filter).catch(() => 128)]).toEqual([filter, 128]);
  }
  await client.endAsync(true);
});

test('when the time is over, streams, sockets and MQTT sessions close', async () => {
  const clock = new FakeClock(Date.now());
  await using world = await startSecuredGateway({}, { expose: [lamp, other], clock });
  const limited = await limit(world, clock.now());
  const { closed } = await openAll(limited);
  await clock.advance(hourMs);
  await Promise.all([closed.stream, closed.socket, closed.mqtt]);
  expect((await world.ask('/things', { token: limited.bob.token })).status).toBe(401);
});

test('a grant that is taken back ends what is open by it, while its holder stays known', async () => {
  await using world = await startSecuredGateway({}, { expose: [lamp, other] });
  const limited = await limit(world, systemClock.now());
  const { token } = limited.bob;
  const { closed } = await openAll(limited);
  await world.security.policy.grants.delete(limited.grant, { author: world.admin.id });
  await closed.stream;
  expect(await (await world.ask('/things', { token })).json()).toEqual([]);
  expect((await world.ask(`/things/${lamp.id}`, { token })).status).toBe(404);
});

test('what is revoked closes what is open within a second', async () => {
  await using world = await startSecuredGateway({}, { expose: [lamp, other] });
  const limited = await limit(world, systemClock.now());
  const { closed } = await openAll(limited);
  const { people } = world.security.authentication.door;
  const begun = performance.now();
  await people.change(limited.bob.id, { isDisabled: true }, world.admin.id);
  await Promise.all([closed.stream, closed.socket, closed.mqtt]);
  expect(await closed.socket).toBe(4401);
  expect(performance.now() - begun).toBeLessThan(1_000);
});
