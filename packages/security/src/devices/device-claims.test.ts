import { type JsonValue, Problem, ThingId } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeSecret } from '../authentication/secret-text.ts';
import { anonymousIdentity } from '../guard.ts';
import { manager, openDeviceWorld } from './testing-devices.ts';

const lamp = ThingId('urn:dev:lamp');

/** Claims with a body, as a device that shows nothing else. */
async function claiming(world: Awaited<ReturnType<typeof openDeviceWorld>>, body: JsonValue) {
  return world.ask('claimDevice', { by: anonymousIdentity, body });
}

test('a claim is written down with its device, and the token with who made it', async () => {
  using world = await openDeviceWorld();
  const { json } = await world.ask('createDeviceClaim');
  expect(json).toMatchObject({
    ...{ token: expect.stringMatching(/^tt_claim_/), owner: 'person_1' },
    expires: '2026-01-01T00:10:00.000Z',
  });
  const claimed = await claiming(world, { token: json.token, name: ' Lamp ', thingIds: [lamp] });
  expect(claimed.status).toBe(201);
  expect(world.devices.get(claimed.json.id)).toMatchObject({ name: 'Lamp', owner: 'person_1' });
  expect(world.entries).toMatchObject([
    { who: 'person_1', what: 'device.invite', on: json.id, outcome: 'allowed' },
    { who: claimed.json.id, from: '192.0.2.7', what: 'device.claim', on: lamp, outcome: 'allowed' },
  ]);
});

test('T7: a token is good once, even for two at the same moment', async () => {
  using world = await openDeviceWorld();
  const { token } = (await world.ask('createDeviceClaim')).json;
  const tries = ['a', 'b', 'c'].map((name) =>
    claiming(world, { token, name, thingIds: [`urn:dev:${name}`] }),
  );
  const statuses = (await Promise.all(tries)).map(({ status }) => status);
  expect(statuses.toSorted()).toEqual([201, 401, 401]);
  expect(world.devices.list()).toHaveLength(1);
  expect(world.entries.filter(({ outcome }) => outcome === 'denied')).toHaveLength(2);
});

test('T7: on two gateways of one database a token is good once too', async () => {
  using world = await openDeviceWorld();
  const { token } = (await world.ask('createDeviceClaim')).json;
  using other = await openDeviceWorld(world.documents, world.clock);
  const tries = await Promise.all([
    claiming(world, { token, name: 'a', thingIds: ['urn:dev:a'] }),
    claiming(other, { token, name: 'b', thingIds: ['urn:dev:b'] }),
  ]);
  expect(tries.map(({ status }) => status).toSorted()).toEqual([201, 401]);
});

test('T7: a token is good for ten minutes', async () => {
  using world = await openDeviceWorld();
  const { token } = (await world.ask('createDeviceClaim')).json;
  await world.clock.advance(600_000);
  const late = await claiming(world, { token, name: 'a', thingIds: [lamp] });
  expect(late).toMatchObject({ status: 401, json: { detail: /used, or is over/ } });
});

test('T7: a token for some Things is for no others, and stays good for its own', async () => {
  using world = await openDeviceWorld();
  world.known.add(lamp);
  const wanted = { thingIds: [lamp, 'fan'], owner: 'person_2' };
  const { token, thingIds } = (await world.ask('createDeviceClaim', { body: wanted })).json;
  expect(thingIds).toEqual([lamp, 'urn:thing:fan']);
  const other = await claiming(world, { token, name: 'a', thingIds: [lamp, 'urn:dev:door'] });
  expect(other).toMatchObject({
    status: 403,
    json: { detail: "the claim token is not for 'urn:dev:door'" },
  });
  const own = await claiming(world, { token, name: 'a' });
  expect(own.json.thingIds).toEqual([lamp, 'urn:thing:fan']);
  expect(world.devices.get(own.json.id).owner).toBe('person_2');
});

test('a token that names no Things is for none that are here already', async () => {
  using world = await openDeviceWorld();
  world.known.add(lamp);
  const { token } = (await world.ask('createDeviceClaim')).json;
  expect((await claiming(world, { token, name: 'a', thingIds: [lamp] })).status).toBe(403);
  expect((await claiming(world, { token, name: 'a' })).status).toBe(422);
  expect((await claiming(world, { token, name: 'a', thingIds: ['urn:dev:new'] })).status).toBe(201);
});

test.each([
  ['nothing', 'x'],
  ['another kind of secret', makeSecret('pat').text],
  ['a token that was never made', makeSecret('claim').text],
])('%s is no token, and told apart from none', async (_what, token) => {
  using world = await openDeviceWorld();
  const { status, json } = await claiming(world, { token, name: 'a', thingIds: [lamp] });
  expect(status).toBe(401);
  expect(json.detail).toBe('the claim token is none, was used, or is over: ask for a new one');
  expect(world.entries).toMatchObject([{ who: 'anonymous', outcome: 'denied' }]);
});

test('a device that is transferred is removed, and the next owner claims its Things', async () => {
  using world = await openDeviceWorld();
  const { id, secret } = await world.claimDevice(lamp);
  const ended: string[] = [];
  world.revocations.watch(id, ({ name }) => void ended.push(name));
  const { status, json } = await world.ask('transferDevice', { id, body: { owner: 'person_9' } });
  expect(status).toBe(201);
  expect(json).toMatchObject({ owner: 'person_9', thingIds: [lamp] });
  expect(ended).toEqual(['unauthenticated']);
  expect(() => world.connect({ username: id, password: secret, clientId: id })).toThrow();
  const claimed = (await claiming(world, { token: json.token, name: 'Lamp' })).json;
  expect(claimed.id).not.toBe(id);
  expect(world.devices.get(claimed.id)).toMatchObject({ owner: 'person_9', things: [lamp] });
  expect((await world.ask('transferDevice', { id, body: { owner: 'x' } })).status).toBe(404);
});

test('a device is put into the group of its token, and is in none once it is removed', async () => {
  using world = await openDeviceWorld();
  await world.groups.put('sensors', { name: 'Sensors' }, { author: 'person_1' });
  const { token, group } = (await world.ask('createDeviceClaim', { body: { group: 'sensors' } }))
    .json;
  expect(group).toBe('sensors');
  const { id } = (await claiming(world, { token, name: 'a', thingIds: [lamp] })).json;
  expect(world.groups.get('sensors').value.members).toEqual([id]);
  await world.ask('removeDevice', { id });
  expect(world.groups.get('sensors').value.members).toEqual([]);
});

test.each(['admins', 'anybody', 'people', 'nobody'])(
  'a device cannot be invited into %s',
  async (group) => {
    using world = await openDeviceWorld();
    const { status } = await world.ask('createDeviceClaim', { body: { group } });
    expect(status).toBe(422);
  },
);

test('a device whose group is gone meanwhile does not come in', async () => {
  using world = await openDeviceWorld();
  await world.groups.put('sensors', { name: 'Sensors' }, { author: 'person_1' });
  const { token } = (await world.ask('createDeviceClaim', { body: { group: 'sensors' } })).json;
  world.groups.addMember = async () => {
    throw new Problem('storage-full', 'there is no space');
  };
  expect((await claiming(world, { token, name: 'a', thingIds: [lamp] })).status).toBe(507);
  expect(world.devices.list()).toEqual([]);
});

test('there are never more than 100 open tokens, and old ones make room', async () => {
  using world = await openDeviceWorld();
  for (let n = 0; n < 100; n++) await world.ask('createDeviceClaim');
  expect((await world.ask('createDeviceClaim')).status).toBe(409);
  await world.clock.advance(600_000);
  expect((await world.ask('createDeviceClaim')).status).toBe(201);
});

test('only who manages may see, invite, transfer and remove; a device may renew itself and no other', async () => {
  using world = await openDeviceWorld();
  const managers = world.routes.filter(({ admits }) => admits === 'managers');
  expect(managers.map(({ operationId }) => operationId)).toEqual([
    ...['listDevices', 'getDevice', 'createDeviceClaim', 'transferDevice', 'removeDevice'],
  ]);
  const { id } = await world.claimDevice(lamp);
  const other = await world.claimDevice('urn:dev:other');
  const identity = world.connect({
    username: other.id,
    password: other.secret,
    clientId: other.id,
  });
  const refused = await world.ask('renewDevice', { id, ...(identity && { by: identity }) });
  const absent = await world.ask('renewDevice', {
    id: 'device_none',
    ...(identity && { by: identity }),
  });
  expect([refused.status, absent.status]).toEqual([404, 404]);
  expect(refused.json.detail.replace(id, '')).toBe(absent.json.detail.replace('device_none', ''));
  expect((await world.ask('getDevice', { id, by: manager })).json).toMatchObject({ id });
});

test('whatever a stranger sends, it is refused, and no device comes in', async () => {
  using world = await openDeviceWorld();
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.jsonValue(),
        fc.record({ token: fc.string(), name: fc.jsonValue(), thingIds: fc.jsonValue() }),
      ),
      async (body) => {
        const { status } = await claiming(world, body as JsonValue);
        expect([400, 401, 422]).toContain(status);
      },
    ),
  );
  expect(world.devices.list()).toEqual([]);
});
