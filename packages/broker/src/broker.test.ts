import { createRequire } from 'node:module';
import { type Bus, Payload } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import { busConformance } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { startBroker } from './broker.ts';
import { RawClient } from './testing/raw-client.ts';

type Connect = (broker: Awaited<ReturnType<typeof startBroker>>) => Promise<Bus>;

const world = (connect: Connect) => async () => {
  const broker = await startBroker({ wsPort: 0 });
  const buses: Bus[] = [];
  return {
    async open() {
      const bus = await connect(broker);
      buses.push(bus);
      return bus;
    },
    async [Symbol.asyncDispose]() {
      for (const bus of buses) await bus[Symbol.asyncDispose]();
      await broker.drain();
    },
  };
};

const nothing = { topic: 'never', retain: false };

busConformance(
  "The broker's own bus",
  world(async ({ bus }) =>
    bus.session({
      will: () => ({ ...nothing, payload: Payload.empty }),
      onConnect: () => {},
    }),
  ),
);
busConformance(
  'MqttBus on the broker',
  world(({ url }) => MqttBus.connect(url)),
);
busConformance(
  'MqttBus on the broker by WebSocket',
  world(({ wsUrl = '' }) => MqttBus.connect(wsUrl)),
);

test('a client costs no table of all numbers: the encoder that Aedes uses makes those it sends', async () => {
  await using broker = await startBroker();
  using _client = await RawClient.join(broker.mqttPort, 'first');
  const { writeToStream } = createRequire(import.meta.resolve('aedes'))('mqtt-packet');
  expect(writeToStream.cacheNumbers).toBe(false);
});
