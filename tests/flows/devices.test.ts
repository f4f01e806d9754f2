import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { testProgram } from '@thingtalk/core/testing';
import mqtt from 'mqtt';
import { expect, test } from 'vitest';
import { type ClaimedDevice, startDeviceWorld } from '../support/device-world.ts';

const lamp = 'urn:dev:lamp';

/** Connects as a device; rejects when it is not let in. */
async function connect({ mqtt: { url, username }, secret }: ClaimedDevice, clientId: string) {
  return mqtt.connectAsync(url, { username, password: secret, clientId, reconnectPeriod: 0 });
}

test('a device that was invited by command claims with mqtt.js, and says what its Thing is', async () => {
  await using world = await startDeviceWorld();
  const invited = await world.thingtalk('devices', 'claim');
  expect(invited.code).toBe(0);
  expect(invited.err.join('\n')).toContain(`${world.http.base}/devices/claim`);
  const [token] = invited.out;
  const device = await world.claim({ token, name: 'Lamp', thingIds: [lamp] });
  const heard = new Promise<string>((resolve) => {
    void world.broker.bus.subscribe(`things/${lamp}/values`, ({ payload }) =>
      resolve(payload.text()),
    );
  });
  const client = await connect(device, device.mqtt.clientId);
  const granted = await client.subscribeAsync([...device.mqtt.subscribe]);
  expect(granted.map(({ qos }) => qos)).toEqual([0, 0, 0, 0]);
  await client.publishAsync(`things/${lamp}/values`, '{"on":true}', { qos: 1 });
  expect(await heard).toBe('{"on":true}');
  await client.endAsync();
  await expect(world.claim({ token, name: 'Thief', thingIds: ['urn:dev:x'] })).rejects.toThrow(
    'was used',
  );
});

test('M3, M4: with its secret a device is nobody else', async () => {
  await using world = await startDeviceWorld();
  const [token] = (await world.thingtalk('devices', 'claim')).out;
  const device = await world.claim({ token, name: 'Lamp', thingIds: [lamp] });
  for (const clientId of ['gateway', `${device.id}x`]) {
    await expect(connect(device, clientId)).rejects.toMatchObject({ code: 5 });
  }
  const other = { ...device, mqtt: { ...device.mqtt, username: 'device_other' } };
  await expect(connect(other, device.id)).rejects.toMatchObject({ code: 5 });
});

test.each([
  ['M11', 'things/urn:dev:door/values'],
  ['M12', `things/${lamp}/set`],
])('%s: publishing to %s ends its connection, and reaches nobody', async (_number, topic) => {
  await using world = await startDeviceWorld();
  const [token] = (await world.thingtalk('devices', 'claim')).out;
  const device = await world.claim({ token, name: 'Lamp', thingIds: [lamp] });
  const heard: string[] = [];
  await world.broker.bus.subscribe('things/#', ({ topic: on }) => void heard.push(on));
  const client = await connect(device, device.id);
  client.on('error', () => {});
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  client.publish(topic, '{"on":true}');
  await closed;
  await client.endAsync(true);
  expect(heard).toEqual([]);
});

test('a device claims with curl and speaks with mosquitto_pub, as the command says', async () => {
  const program = testProgram('THINGTALK_TEST_MOSQUITTO_PUB');
  if (program === undefined) throw new Error('the clients of mosquitto are not installed');
  await using world = await startDeviceWorld();
  const invited = await world.thingtalk('devices', 'claim', '--thing', 'lamp', '--json');
  const { token, thingIds } = JSON.parse(invited.out[0] ?? '');
  expect(thingIds).toEqual(['urn:thing:lamp']);
  const body = JSON.stringify({ token, name: 'Lamp' });
  const asked = ['-s', '-H', 'Content-Type: application/json', '-d', body];
  const curl = await promisify(execFile)('curl', [...asked, `${world.http.base}/devices/claim`]);
  const device = JSON.parse(curl.stdout) as ClaimedDevice;
  const { hostname, port } = new URL(device.mqtt.url);
  const heard = new Promise<string>((resolve) => {
    void world.broker.bus.subscribe('things/+/values', ({ payload }) => resolve(payload.text()));
  });
  const who = ['-i', device.id, '-u', device.id, '-P', device.secret];
  const [topic = ''] = device.mqtt.publish.filter((one) => one.endsWith('/values'));
  await promisify(execFile)(program, [
    ...['-h', hostname, '-p', port, ...who, '-q', '1', '-t', topic, '-m', '{"on":true}'],
  ]);
  expect(await heard).toBe('{"on":true}');
});

test('devices are listed, renewed, transferred and removed by command, and all of it is in the log', async () => {
  await using world = await startDeviceWorld();
  const [token] = (await world.thingtalk('devices', 'claim')).out;
  const device = await world.claim({ token, name: 'Lamp', thingIds: [lamp] });
  await (await connect(device, device.id)).endAsync();
  const listed = await world.thingtalk('devices', 'list');
  expect(listed.out).toEqual([
    expect.stringMatching(/^ID +NAME +OWNER +SEEN +THINGS$/),
    expect.stringMatching(`^${device.id} +Lamp +person_ada +20\\S+Z +${lamp}$`),
  ]);
  const renewed = await world.thingtalk('devices', 'renew', device.id);
  await expect(connect(device, device.id)).rejects.toMatchObject({ code: 5 });
  const fresh = { ...device, secret: renewed.out[0] ?? '' };
  await (await connect(fresh, device.id)).endAsync();
  const transferred = await world.thingtalk('devices', 'transfer', device.id, '--to', 'person_bo');
  await expect(connect(fresh, device.id)).rejects.toMatchObject({ code: 5 });
  const next = await world.claim({ token: transferred.out[0], name: 'Lamp' });
  const removed = await world.thingtalk('devices', 'remove', next.id);
  expect(removed).toEqual({ code: 0, out: [], err: [`${next.id} is removed`] });
  const gone = await world.thingtalk('devices', 'renew', next.id);
  expect(gone.code).toBe(1);
  expect(gone.err[0]).toContain(`there is no device '${next.id}'`);

  const recorded = await world.thingtalk('audit', '--what', 'device', '--json');
  const entries = JSON.parse(recorded.out[0] ?? '') as { readonly what: string }[];
  expect(entries.map(({ what }) => what).toReversed()).toEqual(
    ['invite', 'claim', 'renew', 'transfer', 'claim', 'remove'].map((what) => `device.${what}`),
  );
  const denied = await world.thingtalk('audit', '--outcome', 'denied', '--what', 'connect');
  expect(denied.out[0]).toMatch(/^TIME +OUTCOME +WHO +FROM +WHAT/);
  expect(denied.out[1]).toMatch(/denied +anonymous +127\.0\.0\.1 +connect/);
  const verified = await world.thingtalk('audit', '--verify');
  expect(verified.out[0]).toMatch(/^\d+ lines are as they were written$/);
  const everything = JSON.stringify([recorded, denied, listed]);
  for (const secret of [device.secret, fresh.secret, token ?? '']) {
    expect(everything).not.toContain(secret.slice(-40));
  }
});

test('a device that is removed, or renewed by somebody else, is cut off at once', async () => {
  await using world = await startDeviceWorld();
  for (const command of ['renew', 'remove']) {
    const [token] = (await world.thingtalk('devices', 'claim')).out;
    const device = await world.claim({ token, name: 'Lamp', thingIds: [`urn:dev:${command}`] });
    const client = await connect(device, device.id);
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    await world.thingtalk('devices', command, device.id);
    await closed;
    await client.endAsync(true);
  }
});

test('who does not manage neither invites nor reads the log, and is told so', async () => {
  await using world = await startDeviceWorld();
  const [token] = (await world.thingtalk('devices', 'claim')).out;
  const device = await world.claim({ token, name: 'Lamp', thingIds: [lamp] });
  const asDevice = await world.thingtalk('devices', 'list', '--token', device.secret);
  expect(asDevice.code).toBe(1);
  expect(asDevice.err[0]).toContain('(forbidden)');
  const asNobody = await world.thingtalk('audit', '--token', '');
  expect(asNobody.err[0]).toContain('(unauthenticated)');
  const mistyped = await world.thingtalk('audit', '--token', 'a secret\nof mine');
  expect(mistyped).toMatchObject({ code: 2, out: [] });
  expect(mistyped.err.join()).not.toContain('mine');
});
