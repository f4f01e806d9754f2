import { describe, expect, test } from 'vitest';
import { Payload } from '../data/payload.ts';
import type { Bus } from '../ports/bus.ts';
import { busConformance } from '../testing/bus-conformance.ts';
import { Inbox } from '../testing/inbox.ts';
import { hasMosquitto, startMosquitto } from '../testing/mosquitto.ts';
import { MqttBus } from './mqtt-bus.ts';
import type { MqttBusOptions } from './mqtt-bus-options.ts';
import { Requester } from './requester.ts';

const quick: MqttBusOptions = { retryMs: { first: 5, longest: 50 } };
const text = (value: string) => Payload.ofText(value);

async function makeWorld(options: MqttBusOptions = {}) {
  const mosquitto = await startMosquitto();
  const buses: Bus[] = [];
  return {
    mosquitto,
    async open() {
      const bus = await MqttBus.connect(mosquitto.url, { ...quick, ...options });
      buses.push(bus);
      return bus;
    },
    async [Symbol.asyncDispose]() {
      for (const bus of buses) await bus[Symbol.asyncDispose]();
      await mosquitto[Symbol.asyncDispose]();
    },
  };
}

const until = (bus: Bus, state: string) =>
  new Promise<void>((resolve) => {
    if (bus.status.state === state) return resolve();
    const stop = bus.onStatus((status) => {
      if (status.state !== state) return;
      stop();
      resolve();
    });
  });

describe.skipIf(!hasMosquitto())('with a mosquitto', () => {
  busConformance('MqttBus on mosquitto with MQTT 5', () => makeWorld());
  busConformance('MqttBus on mosquitto with MQTT 3.1.1', () => makeWorld({ version: 4 }));

  test('after the broker was killed everything connects again, subscriptions and wills included', async () => {
    await using world = await makeWorld();
    const bus = await world.open();
    await using inbox = await Inbox.open(bus, 'a/#');
    let connections = 0;
    const births: number[] = [];
    const session = await bus.session({
      will: () => ({ topic: 'a/status', payload: Payload.of(++connections), retain: false }),
      onConnect: () => births.push(connections),
    });
    await world.mosquitto.kill9();
    await Promise.all([until(bus, 'disconnected'), until(session, 'disconnected')]);
    await world.mosquitto.restart();
    await Promise.all([until(bus, 'connected'), until(session, 'connected')]);
    await session[Symbol.asyncDispose]();
    await inbox.take(1);
    // The will that is said is the one of the connection that died, not of the first.
    expect(inbox.received).toEqual([['a/status', String(connections)]]);
    expect(births.at(0)).toBe(1);
    expect(births.at(-1)).toBe(connections);
    expect(connections).toBeGreaterThan(1);
  });

  test('what is published while the broker is away arrives afterwards, in order, but for what nobody wants any more', async () => {
    await using world = await makeWorld();
    const [bus, reader] = [await world.open(), await world.open()];
    await using inbox = await Inbox.open(reader, 'a');
    await world.mosquitto.kill9();
    await Promise.all([until(bus, 'disconnected'), until(reader, 'disconnected')]);
    const back = until(reader, 'connected');
    void bus.publish('a', text('1'));
    const late = bus.publish('a', text('late'), { qos: 1, expiresMs: 0 });
    late.catch(() => {});
    const acknowledged = bus.publish('a', text('2'), { qos: 1, retain: true });
    await world.mosquitto.restart();
    await back;
    await acknowledged;
    await expect(late).rejects.toMatchObject({ name: 'thing-unreachable' });
    await inbox.until(() => inbox.texts.at(-1) === '2');
    expect(inbox.texts).not.toContain('late');
  });

  test('a request whose broker dies fails clearly, and the next one is answered', async () => {
    await using world = await makeWorld();
    const [bus, thing] = [await world.open(), await world.open()];
    await using requester = await Requester.open(bus);
    let answers = false;
    await using _ = await thing.subscribe('things/lamp/set/#', ({ topic }) => {
      if (answers) void thing.publish(topic.replace('/set/', '/reply/'), Payload.of({ ok: 1 }));
    });
    const lost = requester.request('lamp', 'set', Payload.of(1), { deadlineMs: 300 });
    await world.mosquitto.kill9();
    await expect(lost).rejects.toMatchObject({ name: 'thing-unreachable' });
    await world.mosquitto.restart();
    await Promise.all([until(bus, 'connected'), until(thing, 'connected')]);
    answers = true;
    expect(await requester.request('lamp', 'set', Payload.of(1))).toBe(1);
  });

  test('more than may wait for the broker is refused as overload', async () => {
    await using world = await makeWorld({ maxWaitingBytes: 100 });
    const bus = await world.open();
    await world.mosquitto.kill9();
    await until(bus, 'disconnected');
    await bus.publish('a', text('x'.repeat(90)));
    await expect(bus.publish('a', text('x'.repeat(90)))).rejects.toMatchObject({
      name: 'overloaded',
    });
  });
});

test('a broker that nobody runs is reported as unreachable', async () => {
  const options = { ...quick, giveUpAfterMs: 0 };
  await expect(MqttBus.connect('mqtt://127.0.0.1:1', options)).rejects.toMatchObject({
    name: 'thing-unreachable',
  });
});
