import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import { counter } from '../support/counter.ts';
import type { ClaimedDevice } from '../support/device-world.ts';
import { type AdministeredGateway, startSecuredGateway } from '../support/secured-gateway.ts';

const fan = 'urn:dev:fan';
const quiet = { protocolVersion: 4, reconnectPeriod: 0 } as const;

async function claim(world: AdministeredGateway, token: string): Promise<Response> {
  const body = { token, name: 'Fan', thingIds: [fan] };
  return world.ask('/devices/claim', { method: 'POST', body });
}

function connect(
  { ca }: AdministeredGateway,
  { secret, mqtt }: ClaimedDevice,
  more: IClientOptions = {},
): Promise<MqttClient> {
  const { url, clientId, username } = mqtt;
  return connectAsync(url, { ...quiet, ca, clientId, username, password: secret, ...more });
}

test('a device is claimed with one command, becomes a Thing over MQTTS, and can reach nothing else', async () => {
  await using world = await startSecuredGateway({}, { expose: [counter] });
  const { admin, thingtalk } = world;
  const [token = ''] = (await thingtalk('devices', 'claim', '--token', admin.token)).out;
  const claimed = await claim(world, token);
  expect(claimed.status).toBe(201);
  const device = (await claimed.json()) as ClaimedDevice;
  expect(device.mqtt.url).toMatch(/^mqtts:/);
  expect((await claim(world, token)).status).toBe(401);

  const client = await connect(world, device);
  const td = { title: 'Fan', properties: { on: { type: 'boolean' } } };
  const say = (topic: string, value: unknown) =>
    client.publishAsync(topic, JSON.stringify(value), { retain: true, qos: 1 });
  await say(`things/${fan}/td`, td);
  await say(`things/${fan}/values`, { on: true });
  await world.when(fan, (thing) => thing.property('on')?.value === true);
  const value = await world.ask(`/things/${fan}/properties/on`, { token: admin.token });
  expect(await value.json()).toBe(true);

  const answers = [`things/${counter.id}/reply/#`, 'things/+/reply/+/+'];
  for (const filter of ['#', `things/${counter.id}/values`, 'things/+/td', '$SYS/#', ...answers]) {
    const granted = client.subscribeAsync(filter).then(([grant]) => grant?.qos);
    expect([filter, await granted.catch(() => 128)]).toEqual([filter, 128]);
  }
  // A refused packet ends the connection: the gateway says who spoke for whom in its record.
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  client.publish(`things/${counter.id}/td`, '{"title":"Mine now"}', { retain: true });
  await closed;
  await client.endAsync(true);
  expect(world.gateway.things.find(counter.id)?.td.title).toBe('Counter');
  const { entries } = await world.security.audit.query({ who: device.id, outcome: 'denied' });
  expect(entries.map(({ on }) => on)).toContain(`things/${counter.id}/td`);
});

test('a session that was refused something before has nothing of it when it is taken up again', async () => {
  await using world = await startSecuredGateway({}, { expose: [counter] });
  const { admin, thingtalk } = world;
  const [token = ''] = (await thingtalk('devices', 'claim', '--token', admin.token)).out;
  const device = (await (await claim(world, token)).json()) as ClaimedDevice;
  const client = await connect(world, device, { clean: false });
  await expect(client.subscribeAsync(`things/${counter.id}/values`)).rejects.toThrow();
  const td = { title: 'Fan', properties: { on: { type: 'boolean' } } };
  await client.publishAsync(`things/${fan}/td`, JSON.stringify(td), { retain: true, qos: 1 });
  await world.when(fan);
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  client.publish(`things/${counter.id}/values`, '{"level":9}');
  await closed;
  await client.endAsync(true);

  const again = await connect(world, device, { clean: false });
  const told: string[] = [];
  const first = new Promise<void>((resolve) => {
    again.on('message', (topic) => {
      told.push(topic);
      resolve();
    });
  });
  await again.subscribeAsync(`things/${fan}/set`);
  const put = (path: string, body: number | boolean) =>
    world.ask(path, { method: 'PUT', token: admin.token, body });
  await put(`/things/${counter.id}/properties/level`, 5);
  const written = put(`/things/${fan}/properties/on`, false);
  await first;
  await again.publishAsync(`things/${fan}/values`, '{"on":false}', { qos: 1 });
  expect((await written).status).toBe(204);
  expect(told).toEqual([`things/${fan}/set`]);
  await again.endAsync(true);
});

test('a device comes in as itself alone, with no will for others, and not once it is removed', async () => {
  await using world = await startSecuredGateway({}, { expose: [counter] });
  const { admin, thingtalk } = world;
  const [token = ''] = (await thingtalk('devices', 'claim', '--token', admin.token)).out;
  const device = (await (await claim(world, token)).json()) as ClaimedDevice;
  const payload = Buffer.from('{"online":false}');
  for (const more of [
    { clientId: 'gateway' },
    { username: 'ada' },
    { password: 'tt_device_guess' },
    { will: { topic: `things/${counter.id}/status`, payload, qos: 0, retain: true } },
  ] satisfies IClientOptions[]) {
    await expect(connect(world, device, more)).rejects.toThrow();
  }
  const client = await connect(world, device);
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  await thingtalk('devices', 'remove', device.id, '--token', admin.token);
  await closed;
  await expect(connect(world, device)).rejects.toThrow(/[Nn]ot authorized/);
});
