import { defineThing } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import { describe, expect, test } from 'vitest';
import { type GatewayWorld, startGatewayWorld } from '../support/gateway-world.ts';
import { EventReader } from '../support/http-world.ts';
import { SocketClient, type Told } from '../support/socket-client.ts';

const dial = defineThing(
  'urn:dev:dial',
  { title: 'Dial', properties: { level: { type: 'integer' } } },
  { initial: { level: 0 } },
);
const place = `/things/${dial.id}/properties/level`;

/** What one door shows, until it shows the last value. */
interface Watch {
  readonly seen: Promise<readonly number[]>;
}

/** Opens a door; it is ready to hear once it resolves. */
type Door = (world: GatewayWorld, last: number) => Promise<Watch>;

/** Goes on asking for the next value until it is the last. */
async function collect(
  last: number,
  next: () => Promise<number | undefined>,
): Promise<readonly number[]> {
  const seen: number[] = [];
  for (;;) {
    const value = await next();
    if (value === undefined) continue;
    seen.push(value);
    if (value === last) return seen;
  }
}

/** Reads by GET, over and over. */
const polling: Door = async (world, last) => ({
  seen: collect(last, async () => (await world.fetch(place)).json()),
});

/** Hangs until the next change, from the one it saw last. */
const longpoll: Door = async (world, last) => {
  let id: string | undefined;
  const seen = collect(last, async () => {
    const headers = id === undefined ? {} : { 'last-event-id': id };
    const response = await world.fetch(`${place}/observe`, { headers });
    id = response.headers.get('last-event-id') ?? undefined;
    return response.json();
  });
  return { seen };
};

const sse: Door = async (world, last) => {
  const reader = await (await EventReader.open(world.gateway.httpUrl + place)).opened();
  const next = async () => JSON.parse((await reader.next())?.data ?? 'null') as number;
  return { seen: collect(last, next).finally(() => reader[Symbol.asyncDispose]()) };
};

/** A WebSocket in one of the dialects: what to say first, and where a message has the value. */
function socket(
  path: string,
  protocol: string | undefined,
  first: Told | undefined,
  levelOf: (message: Told) => number | undefined,
): Door {
  return async (world, last) => {
    const client = await SocketClient.open(
      world.gateway.httpUrl.replace('http', 'ws') + path,
      protocol,
    );
    if (first !== undefined) client.send(first);
    const next = async () => levelOf(await client.next());
    return { seen: collect(last, next).finally(() => client[Symbol.asyncDispose]()) };
  };
}

const webThingProtocol = socket(
  '/ws',
  'webthingprotocol',
  {
    thingID: dial.id,
    messageID: '1',
    messageType: 'request',
    operation: 'observeproperty',
    name: 'level',
  },
  ({ messageType, value }) => (messageType === 'notification' ? (value as number) : undefined),
);

const reported = ({ messageType, data }: Told) =>
  messageType === 'propertyStatus' ? (data as { level?: number }).level : undefined;

const webthings = socket(`/webthings/${dial.id}`, undefined, undefined, reported);

const channel = socket(
  '/channel',
  undefined,
  { messageType: 'subscribe', data: { thing_ids: [dial.id] } },
  reported,
);

/** MQTT on the property's own topic; over TCP, or over WebSocket beside HTTP. */
function mqtt(urlOf: (world: GatewayWorld) => string): Door {
  return async (world, last) => {
    const bus = await MqttBus.connect(urlOf(world));
    const done = Promise.withResolvers<readonly number[]>();
    const seen: number[] = [];
    await bus.subscribe(`things/${dial.id}/properties/level`, ({ payload }) => {
      const value = payload.json() as number;
      seen.push(value);
      if (value === last) done.resolve(seen);
    });
    return { seen: done.promise.finally(() => bus.drain()) };
  };
}

const doors: readonly (readonly [name: string, door: Door, everyChange: boolean])[] = [
  ['polling', polling, false],
  ['longpoll', longpoll, false],
  ['server-sent events', sse, true],
  ['the Web Thing Protocol', webThingProtocol, false],
  ['the webthings dialect', webthings, false],
  ['the channel', channel, false],
  ['MQTT', mqtt(({ gateway }) => gateway.mqttUrl), true],
  [
    'MQTT over WebSocket',
    mqtt(({ gateway }) => `${gateway.httpUrl.replace('http', 'ws')}/mqtt`),
    true,
  ],
];

describe('one property, written 10,000 times and watched through every door at once', () => {
  test('shows the same last value everywhere, in order, none invented; and every change where that is promised', async () => {
    await using world = await startGatewayWorld({}, { expose: [dial] });
    const { things } = world.gateway;
    // Each value is larger than the one before, so that order can be seen, by a random amount, so that none can be guessed.
    const values: number[] = [];
    for (let n = 0; n < 10_000; n++)
      values.push((values.at(-1) ?? 0) + 1 + Math.floor(Math.random() * 1_000));
    const last = values.at(-1) ?? 0;

    const watches = await Promise.all(doors.map(([, open]) => open(world, last)));
    for (const level of values) await things.writeProperties(dial.id, { level });
    const written = new Set(values);

    for (const [index, [name, , everyChange]] of doors.entries()) {
      const seen = (await watches[index]?.seen) ?? [];
      const news = seen.filter((value, at) => value !== 0 && value !== seen[at - 1]);
      expect(news.at(-1), name).toBe(last);
      expect(
        news.every((value) => written.has(value)),
        name,
      ).toBe(true);
      expect(
        news.every((value, at) => at === 0 || value > (news[at - 1] ?? 0)),
        name,
      ).toBe(true);
      if (everyChange) expect(news.length, name).toBe(values.length);
    }
  }, 240_000);
});
