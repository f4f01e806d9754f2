import { startNorthboundMqtt } from '@thingtalk/application';
import { startBroker } from '@thingtalk/broker';
import { type JsonObject, openThings, Servient } from '@thingtalk/core';
import fc from 'fast-check';
import { connectAsync, type MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import { lamp } from '../support/socket-world.ts';

const root = `things/${lamp.id}`;

/** A broker with a lamp and its northbound topics, and a real MQTT client that misbehaves. */
async function openWorld() {
  await using owned = new AsyncDisposableStack();
  const broker = owned.use(await startBroker({ port: 0, host: '127.0.0.1' }));
  const { bus } = broker;
  const { things } = owned.use(await openThings({ bus }));
  const servient = owned.use(new Servient({ bus }));
  await servient.expose(lamp);
  owned.use(await startNorthboundMqtt({ things, bus }));
  const client = await connectAsync(broker.url, { protocolVersion: 4, reconnectPeriod: 0 });
  owned.defer(() => client.endAsync(true));
  const moved = owned.move();
  return { things, client, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

/** Publishes, and resolves with the first refusal that follows. */
async function refusalOf(client: MqttClient, topic: string, payload: Buffer): Promise<JsonObject> {
  const { promise, resolve } = Promise.withResolvers<JsonObject>();
  const hear = (heard: string, bytes: Buffer) => {
    if (heard === `${root}/error`) resolve(JSON.parse(bytes.toString()) as JsonObject);
  };
  client.on('message', hear);
  await client.publishAsync(topic, payload);
  try {
    return await promise;
  } finally {
    client.off('message', hear);
  }
}

/** Payloads that no property and no action of the lamp takes. */
const payloads = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from([0xff, ...bytes])),
  fc.array(fc.jsonValue()).map((value) => Buffer.from(JSON.stringify(value))),
  fc
    .constantFrom('{', '{"__proto__":{"on":false}}', '['.repeat(1_000), '"\\ud800', ' ')
    .map((text) => Buffer.from(text)),
  fc.constant(Buffer.alloc(100_000, '{"a":')),
);

const names = fc.oneof(
  fc.constantFrom('on', 'brightness', 'power', '__proto__', 'constructor', '%E0', '%2F', 'é', '$x'),
  fc.stringMatching(/^[ -"$-*,-.0-~é]{1,20}$/),
);

const places = fc.oneof(
  names.map((name) => `${root}/properties/${name}/set`),
  fc.oneof(fc.constant('fade'), names).map((name) => `${root}/actions/${name}`),
);

test('whatever is published to a northbound topic is refused with a problem, and nothing changes', async () => {
  await using world = await openWorld();
  const { client, things } = world;
  await client.subscribeAsync(`${root}/error`);
  const before = await things.readProperties(lamp.id);
  await fc.assert(
    fc.asyncProperty(places, payloads, async (topic, payload) => {
      const problem = await refusalOf(client, topic, payload);
      expect(problem).toMatchObject({
        type: expect.stringMatching(/^urn:thingtalk:problem:/),
        detail: expect.stringMatching(/./),
        instance: expect.stringMatching(/^\/things\//),
      });
      expect(problem.status).toBeGreaterThanOrEqual(400);
      expect(problem.status).toBeLessThan(500);
    }),
    { numRuns: 200 },
  );
  expect(await things.readProperties(lamp.id)).toEqual(before);
  expect(things.queryActions(lamp.id)).toEqual([]);
});
