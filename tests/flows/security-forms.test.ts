import type { Form, ThingDescription } from '@thingtalk/core';
import { connectAsync, type MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { counter } from '../support/counter.ts';
import { hasMosquitto } from '../support/mosquitto.ts';
import { mosquittoTools } from '../support/mosquitto-tools.ts';
import { consumeOverMqttsWithNodeWot, consumeTdWithNodeWot } from '../support/node-wot.ts';
import { type AdministeredGateway, startSecuredGateway } from '../support/secured-gateway.ts';

interface Door {
  readonly href: URL;
  readonly form: Form;
}

/** Whether a form lets somebody in; what is said there is of no matter. */
type Knock = (door: Door, world: AdministeredGateway, token?: string) => Promise<boolean>;

/** Only a 401 keeps somebody out: whoever came in may have asked for something else than this test means. */
const knockHttp: Knock = async ({ href, form }, _world, token) => {
  // What streams or waits has its headers to show as well.
  const waits = form.subprotocol !== undefined;
  const method = waits ? 'HEAD' : String(form['htv:methodName'] ?? 'GET');
  const path = href.href.replace(/\{[^}]*\}/g, '');
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(path, { method, headers });
  await response.body?.cancel();
  return response.status !== 401;
};

const knockSocket: Knock = ({ href, form }, { ca }, token) => {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const protocol = typeof form.subprotocol === 'string' ? form.subprotocol : [];
  const socket = new WebSocket(href, protocol, { ca, headers });
  socket.on('error', () => {});
  return new Promise<boolean>((resolve, reject) => {
    socket.once('open', () => resolve(true));
    socket.once('unexpected-response', (_request, { statusCode }) => {
      if (statusCode === 401) resolve(false);
      else reject(new Error(`${href} answered ${statusCode}`));
    });
  }).finally(() => socket.terminate());
};

const knockBroker: Knock = async ({ href, form }, { ca }, token) => {
  const password = token === undefined ? {} : { username: 'ada', password: token };
  const options = { ca, protocolVersion: 4, reconnectPeriod: 0 } as const;
  let client: MqttClient;
  try {
    client = await connectAsync(href.origin === 'null' ? `mqtts://${href.host}` : href.origin, {
      ...options,
      ...password,
    });
  } catch {
    return false;
  }
  const filter = form['mqv:filter'];
  const granted = typeof filter === 'string' ? await client.subscribeAsync(filter) : [];
  await client.endAsync(true);
  return granted.every(({ qos }) => qos < 128);
};

const knocks: Readonly<Record<string, Knock>> = {
  'https:': knockHttp,
  'wss:': knockSocket,
  'mqtts:': knockBroker,
};

function doorsOf(td: ThingDescription): readonly Door[] {
  const parts = [td.properties, td.actions, td.events].flatMap((part) => Object.values(part ?? {}));
  const forms = [...(td.forms ?? []), ...parts.flatMap(({ forms: own }) => own ?? [])];
  return forms.map((form) => ({
    form,
    href: new URL(form.href, td.base),
  }));
}

test('every form of every Thing keeps strangers out, and lets in who shows what it declares', async () => {
  await using world = await startSecuredGateway({}, { expose: [counter] });
  const { token } = world.admin;
  const tds: readonly ThingDescription[] = await (await world.ask('/things', { token })).json();
  expect(tds.length).toBeGreaterThan(1);
  const found = new Set<string>();
  for (const td of tds) {
    for (const door of doorsOf(td)) {
      const { protocol, href } = door.href;
      const name = String([door.form.security ?? td.security].flat()[0]);
      found.add(`${protocol} ${td.securityDefinitions[name]?.scheme}`);
      const knock = knocks[protocol];
      if (knock === undefined) throw new Error(`no door is known for ${href}`);
      expect([href, await knock(door, world), await knock(door, world, token)]).toEqual([
        ...[href, false, true],
      ]);
    }
  }
  expect([...found].sort()).toEqual(['https: bearer', 'mqtts: basic', 'wss: bearer']);
}, 60_000);

test('node-wot with a bearer token uses a Thing over HTTPS, as its Thing Description says', async () => {
  await using world = await startSecuredGateway({}, { expose: [counter] });
  const { token } = world.admin;
  const td = await (await world.ask(`/things/${counter.id}`, { token })).json();
  await using peer = await consumeTdWithNodeWot('plain', 'http', td, token);
  await peer.thing.writeProperty('level', 7);
  expect(await (await peer.thing.readProperty('level')).value()).toBe(7);
  await using stranger = await consumeTdWithNodeWot('plain', 'http', td);
  await expect(stranger.thing.readProperty('level')).rejects.toThrow();
});

test('node-wot with a token as its password uses a Thing over MQTT, as its Thing Description says', async () => {
  await using world = await startSecuredGateway({}, { expose: [counter] });
  const { token } = world.admin;
  const td = await (await world.ask(`/things/${counter.id}`, { token })).json();
  const credentials = { username: 'ada', password: token };
  await using peer = await consumeOverMqttsWithNodeWot('plain', td, credentials);
  await peer.thing.writeProperty('level', 7);
  await world.when(counter.id, (thing) => thing.property('level')?.value === 7);
  expect(await (await peer.thing.readProperty('level')).value()).toBe(7);
  const heard = Promise.withResolvers<void>();
  const observed = await peer.thing.observeProperty('level', (output) => {
    void output.value().then((value) => value === 8 && heard.resolve());
  });
  await peer.thing.writeProperty('level', 8);
  await heard.promise;
  await observed.stop();

  await using stranger = await consumeOverMqttsWithNodeWot('plain', td, {
    ...credentials,
    password: `${token.slice(0, -1)}0`,
  });
  await expect(stranger.thing.readProperty('level')).rejects.toThrow(/[Nn]ot authorized/);
});

test.skipIf(!hasMosquitto())(
  'a client that sends no client id comes in with a token: mosquitto_sub as it is',
  async () => {
    await using world = await startSecuredGateway({}, { expose: [counter] });
    const who = { caFile: world.caFile, username: 'ada', password: world.admin.token };
    const mosquitto = mosquittoTools(world.gateway.mqttUrl, who);
    await using values = await mosquitto.subscribe(`things/${counter.id}/properties/level`);
    expect(await values.next()).toBe('0');
    const lasting = await mosquitto.run('SUB', '-c', '-i', 'mine', '-t', `things/${counter.id}/td`);
    expect(lasting).toContain('not authorised');
  },
);
