import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineThing, type JsonValue, silentLogger } from '@thingtalk/core';
import { settle } from '@thingtalk/core/testing';
import { type Gateway, startGateway } from '@thingtalk/gateway';
import { expect, test } from 'vitest';
import { type Binding, consumeWithNodeWot, type Installation } from '../support/node-wot.ts';

const lamp = defineThing(
  'urn:dev:ops:my-lamp-1234',
  {
    title: 'My Lamp',
    properties: {
      on: { type: 'boolean' },
      brightness: { type: 'integer', minimum: 0, maximum: 100, unit: 'percent' },
    },
    actions: { flash: { input: { type: 'integer', minimum: 1 } } },
    events: { overheated: { data: { type: 'number', unit: 'degree celsius' } } },
  },
  {
    initial: { on: true, brightness: 50 },
    actions: {
      flash(brightness, { thing }) {
        thing.report('brightness', brightness);
      },
    },
  },
);

async function openGateway() {
  await using owned = new AsyncDisposableStack();
  const data = await mkdtemp(join(tmpdir(), 'thingtalk-'));
  owned.defer(() => rm(data, { recursive: true, force: true }));
  const gateway: Gateway = owned.use(
    await startGateway(
      { httpPort: 0, mqttPort: 0, data, discovery: 'off', security: 'demo' },
      { logger: silentLogger },
    ),
  );
  const thing = await gateway.expose(lamp);
  const moved = owned.move();
  return {
    thing,
    td: `${gateway.httpUrl}/things/${lamp.id}`,
    /** Resolves when the Thing has confirmed this value. */
    until(name: string, value: JsonValue): Promise<void> {
      if (gateway.things.find(lamp.id)?.property(name)?.value === value) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      const stop = gateway.things.watch(lamp.id, (note) => {
        if (note.kind !== 'property' || note.name !== name || note.state.value !== value) return;
        stop();
        resolve();
      });
      return promise;
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

/** Collects values as they come. */
class Listener {
  readonly #values: (JsonValue | undefined)[] = [];

  readonly hear = async (output: { value(): Promise<JsonValue | undefined> }): Promise<void> => {
    this.#values.push(await output.value());
  };

  /**
   * Calls `say` until `value` has come. Once is not enough: node-wot says that it is subscribed before its
   * request has reached us.
   */
  async until(value: JsonValue, say: () => void): Promise<void> {
    while (!this.#values.includes(value)) {
      say();
      await settle();
    }
  }
}

const combinations = (['pinned', 'plain'] as const).flatMap((installation) =>
  (['http', 'mqtt'] as const).map((binding): [Installation, Binding] => [installation, binding]),
);

test.each(combinations)(
  'node-wot (%s) reads and writes over %s, knowing the URL of the TD',
  async (installation, binding) => {
    await using gateway = await openGateway();
    await using peer = await consumeWithNodeWot(installation, binding, gateway.td);
    expect(await (await peer.thing.readProperty('brightness')).value()).toBe(50);
    await peer.thing.writeProperty('brightness', 20);
    await gateway.until('brightness', 20);
    expect(await (await peer.thing.readProperty('brightness')).value()).toBe(20);
  },
);

test.each(combinations)(
  'node-wot (%s) invokes an action and observes what it does over %s',
  async (installation, binding) => {
    await using gateway = await openGateway();
    await using peer = await consumeWithNodeWot(installation, binding, gateway.td);
    const listener = new Listener();
    const subscription = await peer.thing.observeProperty('brightness', listener.hear);
    await peer.thing.invokeAction('flash', 33);
    await gateway.until('brightness', 33);
    let next = 1;
    await listener.until(2, () => {
      next = 3 - next;
      gateway.thing.report('brightness', next);
    });
    await subscription.stop();
  },
);

test.each(combinations)(
  'node-wot (%s) subscribes to an event over %s',
  async (installation, binding) => {
    await using gateway = await openGateway();
    await using peer = await consumeWithNodeWot(installation, binding, gateway.td);
    const listener = new Listener();
    const subscription = await peer.thing.subscribeEvent('overheated', listener.hear);
    await listener.until(102, () => gateway.thing.emit('overheated', 102));
    await subscription.stop();
    // It does not wait for the end of its subscription, and fails unheard when it is shut down before that.
    await peer.thing.readProperty('on');
  },
);
