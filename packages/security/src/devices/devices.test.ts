import { Problem, ThingId, Topics } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeSecret } from '../authentication/secret-text.ts';
import { TopicRights } from '../authorization/topic-rights.ts';
import { isClientIdOf, readDeviceName, readThingIds } from './device.ts';
import { openDeviceWorld } from './testing-devices.ts';

const lamp = ThingId('urn:dev:lamp');

test('a device that was claimed connects with its id and its secret, and speaks for its Things', async () => {
  using world = await openDeviceWorld();
  const { id, secret } = await world.claimDevice(lamp, 'fan');
  const identity = world.connect({ username: id, password: secret, clientId: id });
  expect(identity).toEqual({
    principal: { id, kind: 'device', name: 'Lamp' },
    credential: `${id}/1`,
    owns: [lamp, 'urn:thing:fan'],
  });
  expect(world.connect({ username: id, password: secret, clientId: `${id}:2` })).toBe(identity);
  expect(world.devices.ownerOf(lamp)).toBe(id);
  expect(world.devices.owns(id)).toEqual([lamp, 'urn:thing:fan']);
  expect(world.devices.lastSeen(id)).toBe(world.clock.now());
});

test('over HTTP its secret is a bearer token', async () => {
  using world = await openDeviceWorld();
  const { id, secret } = await world.claimDevice(lamp);
  const visit = (authorization: string) => ({
    ...{ method: 'GET', url: '/', headers: { authorization }, address: '::1', isSecure: true },
  });
  expect(world.devices.authenticate(visit(`Bearer ${secret}`))?.principal.id).toBe(id);
  expect(world.devices.authenticate(visit('Bearer other'))).toBeUndefined();
  const changed = secret.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
  expect(() => world.devices.authenticate(visit(`Bearer ${changed}`))).toThrow('mistyped');
});

test('M3, M4: the client id of another, of nobody or none at all is refused', async () => {
  using world = await openDeviceWorld();
  const { id, secret } = await world.claimDevice(lamp);
  const other = await world.claimDevice('urn:dev:other');
  for (const clientId of ['', other.id, 'gateway', `${id}x`, id.slice(0, -1), `x${id}`]) {
    expect(() => world.connect({ username: id, password: secret, clientId })).toThrow(
      `the client id '${clientId}' is not of this device`,
    );
  }
  expect(() => world.connect({ username: other.id, password: secret, clientId: id })).toThrow(
    'the user name is not the id of the device',
  );
  expect(() => world.connect({ username: '', password: secret, clientId: id })).toThrow(Problem);
});

test('a secret that nobody has is refused, and what is none is left to others', async () => {
  using world = await openDeviceWorld();
  const { id } = await world.claimDevice(lamp);
  const forged = makeSecret('device', id.slice('device_'.length)).text;
  expect(() => world.connect({ username: id, password: forged, clientId: id })).toThrow(
    'not known, or over',
  );
  const stranger = makeSecret('device').text;
  expect(() => world.connect({ username: id, password: stranger, clientId: id })).toThrow(Problem);
  expect(world.connect({ username: id, password: 'letmein', clientId: id })).toBeUndefined();
  expect(world.connect({ username: id, password: makeSecret('pat').text })).toBeUndefined();
});

test('what is stored of a device is no secret, and no list shows one', async () => {
  using world = await openDeviceWorld();
  const { id, secret } = await world.claimDevice(lamp);
  const collections = ['devices', 'device-claims'];
  const stored = JSON.stringify(await world.store.changes({ collections, after: 0, limit: 100 }));
  const { json } = await world.ask('listDevices');
  const shown = JSON.stringify([json, world.devices.list(), world.entries, stored]);
  expect(shown).toContain(id);
  expect(shown).not.toContain(secret.slice(-40));
  expect(shown).not.toContain('tt_');
  expect(JSON.stringify([json, world.devices.list()])).not.toContain('hash');
});

test('a device that renews its own secret has ten minutes to use the old one', async () => {
  using world = await openDeviceWorld();
  const { id, secret } = await world.claimDevice(lamp);
  const old = world.connect({ username: id, password: secret, clientId: id });
  if (old === undefined) throw new Error('it is known');
  const ended: string[] = [];
  world.revocations.watch(old.credential, ({ name }) => void ended.push(name));
  const renewed = (await world.ask('renewDevice', { by: old, id })).json;
  expect(renewed.id).toBe(id);
  expect(renewed.secret).not.toBe(secret);
  const late = world.connect({ username: id, password: secret, clientId: id });
  expect(late).toMatchObject({ credential: `${id}/1`, expires: world.clock.now() + 600_000 });
  const now = world.connect({ username: id, password: renewed.secret, clientId: id });
  expect(now?.credential).toBe(`${id}/2`);
  await world.clock.advance(599_999);
  expect(ended).toEqual([]);
  await world.clock.advance(1);
  expect(ended).toEqual(['unauthenticated']);
  expect(() => world.connect({ username: id, password: secret, clientId: id })).toThrow('over');
  expect(world.connect({ username: id, password: renewed.secret, clientId: id })).toBe(now);
});

test('a device whose new secret was lost on the way renews again with the old one', async () => {
  using world = await openDeviceWorld();
  const { id, secret } = await world.claimDevice(lamp);
  const old = world.connect({ username: id, password: secret, clientId: id });
  const lost = (await world.ask('renewDevice', { ...(old && { by: old }), id })).json.secret;
  await world.clock.advance(300_000);
  const again = world.connect({ username: id, password: secret, clientId: id });
  const got = (await world.ask('renewDevice', { ...(again && { by: again }), id })).json.secret;
  expect(() => world.connect({ username: id, password: lost, clientId: id })).toThrow('over');
  expect(world.connect({ username: id, password: got, clientId: id })).toBeDefined();
  await world.clock.advance(300_000);
  expect(() => world.connect({ username: id, password: secret, clientId: id })).toThrow('over');
});

test('a secret that a manager renews is over at once, and what is open by it', async () => {
  using world = await openDeviceWorld();
  const { id, secret } = await world.claimDevice(lamp);
  const old = world.connect({ username: id, password: secret, clientId: id });
  const ended: string[] = [];
  world.revocations.watch(old?.credential ?? '', ({ name }) => void ended.push(name));
  const { status, json } = await world.ask('renewDevice', { id });
  expect(status).toBe(200);
  expect(ended).toEqual(['unauthenticated']);
  expect(() => world.connect({ username: id, password: secret, clientId: id })).toThrow('over');
  expect(world.connect({ username: id, password: json.secret, clientId: id })).toBeDefined();
});

test('a device that is removed is out at once, and its Things are free', async () => {
  using world = await openDeviceWorld();
  const { id, secret } = await world.claimDevice(lamp);
  const ended: string[] = [];
  world.revocations.watch(id, ({ name }) => void ended.push(name));
  expect((await world.ask('removeDevice', { id })).status).toBe(204);
  expect(ended).toEqual(['unauthenticated']);
  expect(() => world.connect({ username: id, password: secret, clientId: id })).toThrow(Problem);
  expect(world.devices.principal(id)).toBeUndefined();
  expect(world.devices.ownerOf(lamp)).toBeUndefined();
  expect((await world.ask('removeDevice', { id })).status).toBe(404);
  expect((await world.claimDevice(lamp)).id).not.toBe(id);
});

test('what another gateway of the same database removes is out here too', async () => {
  using world = await openDeviceWorld();
  const { id } = await world.claimDevice(lamp);
  using other = await openDeviceWorld(world.documents, world.clock);
  const out = new Promise((resolve) => world.revocations.watch(id, resolve));
  await other.ask('removeDevice', { id });
  await out;
  expect(world.devices.list()).toEqual([]);
});

test('devices are there again after a restart, and the old secret of a renewal ends in time', async () => {
  using world = await openDeviceWorld();
  const { id, secret } = await world.claimDevice(lamp);
  const old = world.connect({ username: id, password: secret, clientId: id });
  await world.ask('renewDevice', { ...(old && { by: old }), id });
  using next = await openDeviceWorld(world.documents, world.clock);
  expect(next.connect({ username: id, password: secret, clientId: id })).toEqual({
    ...old,
    expires: world.clock.now() + 600_000,
  });
  await world.clock.advance(600_000);
  expect(() => next.connect({ username: id, password: secret, clientId: id })).toThrow('over');
  expect(next.devices.ownerOf(lamp)).toBe(id);
});

test('M11: a second device cannot speak for the Thing of the first', async () => {
  using world = await openDeviceWorld();
  const { id } = await world.claimDevice(lamp);
  const refused = await world.claimDevice('urn:dev:fan', lamp);
  expect(refused).toMatchObject({
    status: 409,
    detail: "'urn:dev:lamp' is another device's: transfer or remove that first",
  });
  expect(world.devices.ownerOf(lamp)).toBe(id);
  expect(world.devices.ownerOf(ThingId('urn:dev:fan'))).toBeUndefined();
});

test('M11, M12: it may use the topics it was told of, and no others', async () => {
  using world = await openDeviceWorld();
  const { id, secret, mqtt } = await world.claimDevice('urn:dev:a/b');
  const root = 'things/urn:dev:a%2Fb/';
  expect(mqtt).toMatchObject({ url: 'mqtts://hub.local:8883', clientId: id, username: id });
  expect(mqtt.publish).toContain(`${root}values`);
  const identity = world.connect({ username: id, password: secret, clientId: id });
  if (identity === undefined) throw new Error('it is known');
  const access = world.policy.accessOf(identity);
  const rights = new TopicRights(new Topics(), { access, clientId: id });
  for (const topic of mqtt.publish) {
    expect(rights.mayPublish(topic.replace('#', 'requester/1'))).toBe(true);
  }
  for (const filter of mqtt.subscribe) expect(rights.maySubscribe(filter)).toBe(true);
  for (const command of ['set', 'request_action', `set/${id}/1`]) {
    expect(rights.mayPublish(root + command)).toBe(false);
  }
  for (const topic of [...mqtt.publish, ...mqtt.subscribe]) {
    const other = topic.replace('urn:dev:a%2Fb', 'urn:dev:a');
    expect(rights.mayPublish(other.replace('#', 'requester/1'))).toBe(false);
    expect(rights.maySubscribe(other)).toBe(false);
  }
  for (const filter of ['#', 'things/#', 'things/+/values', '$SYS/#', `${root}#`]) {
    expect(rights.maySubscribe(filter)).toBe(false);
  }
  await world.ask('removeDevice', { id });
  expect(rights.mayPublish(`${root}values`)).toBe(false);
  expect(rights.mayReceive(`${root}set`)).toBe(false);
});

test('whatever a client calls itself, its secret decides whose it is', () =>
  fc.assert(
    fc.property(fc.string(), fc.string(), (device, clientId) => {
      const isOwn = [':', '-'].some((mark) => `${clientId}${mark}`.startsWith(`${device}${mark}`));
      if (device !== '' && clientId.startsWith(device)) {
        expect(isClientIdOf(device, clientId)).toBe(
          clientId === device || [':', '-'].includes(clientId.charAt(device.length)),
        );
      } else if (!isOwn) expect(isClientIdOf(device, clientId)).toBe(false);
    }),
  ));

test('whatever is given as names and ids, it is read or refused as unprocessable', () =>
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary' })),
      fc.string({ unit: 'binary' }),
      (ids, name) => {
        for (const read of [() => readThingIds(ids), () => readDeviceName(name)]) {
          try {
            read();
          } catch (error) {
            expect(error).toMatchObject({ name: 'unprocessable' });
          }
        }
      },
    ),
  ));
