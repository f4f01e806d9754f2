import { RawClient } from '@thingtalk/broker/testing';
import { expect, test } from 'vitest';
import { Cast } from '../support/cast.ts';
import { type SecuredWorld, startSecuredWorld } from '../support/secured-world.ts';
import { SocketClient } from '../support/socket-client.ts';
import { lamp } from '../support/socket-world.ts';

// What H32 and W17 try over HTTP and one dialect, by every other way into a whole gateway.

const fan = 'urn:dev:fan';

/** Somebody who speaks for the fan, and is heard to the end. */
async function speakerFor(world: SecuredWorld) {
  const { mqtt } = await new Cast(world).device([fan]);
  const client = await RawClient.open(world.mqttPort);
  client.say({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, ...mqtt });
  await client.hear('connack');
  const say = async (part: string, payload: string) => {
    const packet = { cmd: 'publish', qos: 1, messageId: 1, retain: true, dup: false };
    client.say({ ...packet, topic: `things/${fan}/${part}`, payload });
    await client.hear('puback');
  };
  await say('td', '{"title":"Fan","properties":{"on":{}},"events":{"hot":{}}}');
  await say('values', '{"on":true}');
  await world.when(fan, (thing) => thing.property('on')?.value === true);
  return { say, [Symbol.dispose]: () => client[Symbol.dispose]() };
}

/** The fan and the lamp are as they were, and served by every document. */
async function expectUnharmed(world: SecuredWorld): Promise<void> {
  expect(await world.manage('GET', `/things/${fan}/properties`)).toEqual({ on: true });
  expect(await world.manage('GET', `/things/${lamp.id}/properties/on`)).toBe(true);
  for (const path of ['/things', `/things/${fan}`, '/webthings', '/openapi.json', '/health']) {
    expect([path, (await world.ask('GET', path)).status]).toEqual([path, 200]);
  }
  expect(await world.manage('GET', `/things/${fan}`)).toMatchObject({ title: 'Fan' });
}

const deep = '['.repeat(100_000) + ']'.repeat(100_000);

test.each([
  ['values', 'is deep', `{"on":${deep}}`],
  ['values', 'has no end', '{"on":1e400}'],
  ['values', 'holds half a character', '{"on":"\\ud800"}'],
  ['values', 'is broken', '{"on":tru'],
  ['event', 'is deep', `{"hot":${deep}}`],
  ['event', 'holds half a character', '{"hot":{"\\udc00":1}}'],
  ['status', 'is deep', deep],
  ['td', 'is deep', `{"title":"Deep","properties":{"on":{"const":${deep}}}}`],
  ['td', 'is broken', '{"title":"Broken"'],
])(
  'H32: a device that says on %s what %s changes nothing, and the log says so',
  async (part, _how, payload) => {
    await using world = await startSecuredWorld([lamp]);
    using speaker = await speakerFor(world);
    await speaker.say(part, payload);
    await speaker.say('event', '{"hot":1}');
    await expectUnharmed(world);
    const about = world.log.filter(({ fields }) => fields.thing === fan && fields.about === part);
    expect(about.map(({ level, message }) => `${level} ${message}`)).toEqual(['warn refused']);
  },
);

test('W17: a device that reaches for prototypes changes none, in names and values', async () => {
  await using world = await startSecuredWorld([lamp]);
  using speaker = await speakerFor(world);
  for (const part of ['values', 'event', 'status', 'error']) {
    await speaker.say(part, '{"__proto__":{"on":false,"manages":true},"constructor":{"on":1}}');
  }
  await speaker.say('values', '{"on":true}');
  await expectUnharmed(world);
  expect('manages' in {} || 'on' in {}).toBe(false);
  for (const name of ['__proto__', 'constructor', 'toString']) {
    const path = `/things/${fan}/properties/${name}`;
    expect([name, (await world.ask('GET', path)).status]).toEqual([name, 404]);
  }
});

test.each([
  ['/ws', 'webthingprotocol', `{"operation":"writeproperty","value":${deep}}`],
  [`/things/${lamp.id}`, 'webthingprotocol', deep],
  [`/webthings/${lamp.id}`, undefined, `{"messageType":"setProperty","data":{"on":${deep}}}`],
  ['/channel', undefined, `{"messageType":"subscribe","data":{"thing_ids":${deep}}}`],
])(
  'H32: a message on %s that is too deep is refused, and the socket goes on',
  async (path, protocol, text) => {
    await using world = await startSecuredWorld([lamp]);
    const url = world.base.replace('http', 'ws') + path;
    await using socket = await SocketClient.open(url, protocol, world.token);
    for (let time = 0; time < 2; time++) {
      socket.send(text);
      expect(JSON.stringify(await socket.next())).toContain('nested deeper than');
    }
    expect(await world.manage('GET', `/things/${lamp.id}/properties/on`)).toBe(true);
  },
);
