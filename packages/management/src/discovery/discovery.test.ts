import {
  type Adapter,
  type AdapterHealth,
  type DiscoveredThing,
  type JsonValue,
  openAccess,
  Problem,
  parseThingDescription,
  type Route,
  type RouteRequest,
  type Servient,
  silentLogger,
  ThingId,
} from '@thingtalk/core';
import { FakeClock, MemoryStore, settle } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { DnsSd } from '../dns-sd/dns-sd.ts';
import { describedThing, startDevice } from '../dns-sd/testing-device.ts';
import { announced, TestingLan } from '../dns-sd/testing-lan.ts';
import { openRegistryWorld } from '../registry/testing-registry.ts';
import { Discovery } from './discovery.ts';
import { discoveryRoutes } from './discovery-routes.ts';

const self = ThingId('urn:dev:gateway');
const bulb = ThingId('urn:dev:bulb');

/** An adapter with one device that it can find. */
class BulbAdapter implements Adapter {
  readonly name = 'bulbs';
  readonly health: AdapterHealth = { state: 'running', things: 0 };
  readonly #servient: Servient;
  #thing: (AsyncDisposable & { remove(): Promise<void> }) | undefined;

  constructor(servient: Servient) {
    this.#servient = servient;
  }

  async start(): Promise<void> {}

  async *discover(): AsyncIterable<DiscoveredThing> {
    if (this.#thing !== undefined) return;
    const td: JsonValue = { title: 'Bulb', properties: { on: { type: 'boolean' } } };
    yield { id: bulb, td: parseThingDescription(td, { id: bulb }) };
  }

  async adopt(id: ThingId): Promise<void> {
    this.#thing ??= await this.#servient.expose({ id, td: { title: 'Bulb' }, handlers: {} });
  }

  async forget(id: ThingId): Promise<void> {
    if (id !== bulb || this.#thing === undefined) {
      throw new Problem('thing-not-found', `'${id}' is no bulb`);
    }
    await this.#thing.remove();
    this.#thing = undefined;
  }

  async drain(): Promise<void> {}
}

/** Discovery over a registry, on a network of its own. */
async function openWorld() {
  await using stack = new AsyncDisposableStack();
  const lan = new TestingLan();
  const clock = new FakeClock();
  const { registry, forgotten, servient, things } = stack.use(
    await openRegistryWorld(new MemoryStore(), clock),
  );
  const shared = { clock, logger: silentLogger };
  const dnsSd = stack.use(
    new DnsSd({ ...shared, openLink: lan.openLink, addresses: () => ['127.0.0.1'] }),
  );
  dnsSd.start();
  await clock.advance(1_000);
  const adapters: Adapter[] = [new BulbAdapter(servient)];
  const discovery = stack.use(
    new Discovery({ ...shared, registry, forgotten, adapters, network: dnsSd, self }),
  );
  const owned = stack.move();
  /** Announces a service of this machine, or with a ttl of 0 takes it back. */
  const announce = (port: number, ttl = 120, name = 'Device') =>
    lan.say(announced(name, { port, ttl, txt: ['td=/td'] }), { address: '127.0.0.1', port: 5353 });
  const ids = async () => (await discovery.look()).map(({ id }) => id);
  return {
    ...{ announce, clock, discovery, registry, things, servient, adapters, ids },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const lamp = describedThing('urn:dev:lamp');

test('what is announced is offered, and registered when it is adopted', async () => {
  await using world = await openWorld();
  await using device = await startDevice((_request, response) =>
    response.end(JSON.stringify(lamp)),
  );
  world.announce(device.port);
  const [, offer] = await world.discovery.look();
  expect(offer).toMatchObject({
    id: 'urn:dev:lamp',
    via: 'dns-sd',
    from: 'Device',
    isAdopted: false,
  });
  expect(await world.discovery.adopt('urn:dev:lamp', 'somebody')).toBe(true);
  expect(world.registry.find('urn:dev:lamp')).toMatchObject({ kind: 'registered' });
  const [, again] = await world.discovery.look();
  expect(again).toMatchObject({ isAdopted: true, foundAt: offer?.foundAt });
});

test('adopting again registers what the device says by now', async () => {
  await using world = await openWorld();
  await using device = await startDevice((_request, response) =>
    response.end(JSON.stringify(lamp)),
  );
  world.announce(device.port);
  expect(await world.discovery.adopt('urn:dev:lamp', 'somebody')).toBe(true);
  expect(await world.discovery.adopt('urn:dev:lamp', 'somebody')).toBe(false);
  expect(world.registry.find('urn:dev:lamp')?.version).toBe(2);
});

test('who leaves the network is no longer offered', async () => {
  await using world = await openWorld();
  await using device = await startDevice((_request, response) =>
    response.end(JSON.stringify(lamp)),
  );
  world.announce(device.port);
  expect(await world.ids()).toContain('urn:dev:lamp');
  world.announce(device.port, 0);
  expect(await world.ids()).not.toContain('urn:dev:lamp');
});

test('nobody is asked before somebody looks, nor again right after', async () => {
  await using world = await openWorld();
  await using device = await startDevice((_request, response) =>
    response.end(JSON.stringify(lamp)),
  );
  world.announce(device.port);
  await settle();
  expect(device.asked).toEqual([]);
  await Promise.all([world.ids(), world.ids()]);
  await world.ids();
  expect(device.asked).toEqual(['/td']);
});

test("the gateway's own Thing is not offered to itself", async () => {
  await using world = await openWorld();
  await using device = await startDevice((_request, response) =>
    response.end(JSON.stringify(describedThing(self))),
  );
  world.announce(device.port);
  expect(await world.ids()).toEqual([bulb]);
});

test('who never answers is given up, and others are found all the same', async () => {
  await using world = await openWorld();
  await using slow = await startDevice(() => {});
  world.announce(slow.port);
  const looking = world.ids();
  await world.clock.advance(3_000);
  expect(await looking).toEqual([bulb]);
});

test('what an adapter finds is offered, served by it once adopted, and offered again once forgotten', async () => {
  await using world = await openWorld();
  const [offer] = await world.discovery.look();
  expect(offer).toMatchObject({ id: bulb, title: 'Bulb', via: 'adapter', from: 'bulbs' });
  expect(await world.discovery.adopt(bulb, 'somebody')).toBe(true);
  await expect.poll(() => world.registry.find(bulb)?.kind).toBe('bus');
  expect(await world.ids()).not.toContain(bulb);
  await world.registry.forget(bulb, { author: 'somebody' });
  await expect.poll(async () => (await world.discovery.look())[0]?.via).toBe('adapter');
  await world.discovery.adopt(bulb, 'somebody');
  await expect.poll(() => world.registry.find(bulb)?.kind).toBe('bus');
});

test('what was forgotten before this start is let go by its adapter, and can be adopted', async () => {
  await using world = await openWorld();
  await world.discovery.adopt(bulb, 'somebody');
  await expect.poll(() => world.registry.find(bulb)?.kind).toBe('bus');
  await world.registry.forget(bulb, { author: 'somebody' });
  await expect.poll(async () => (await world.discovery.look())[0]?.via).toBe('adapter');
  // As adapters do at their start.
  await world.adapters[0]?.adopt(bulb);
  expect(world.things.find(bulb)).toBeUndefined();
  await world.discovery.releaseForgotten();
  expect((await world.discovery.look())[0]).toMatchObject({ id: bulb, via: 'adapter' });
});

test('a forgotten Thing of the bus is offered, and heard again when it is adopted', async () => {
  await using world = await openWorld();
  const plug = ThingId('urn:dev:plug');
  await world.servient.expose({ id: plug, td: { title: 'Plug' }, handlers: {} });
  await expect.poll(() => world.registry.find(plug)?.kind).toBe('bus');
  await world.registry.forget(plug, { author: 'somebody' });
  const offers = await world.discovery.look();
  expect(offers).toContainEqual(
    expect.objectContaining({ id: plug, title: 'Plug', via: 'forgotten', isAdopted: false }),
  );
  expect(await world.discovery.adopt(plug, 'somebody')).toBe(true);
  await expect.poll(() => world.registry.find(plug)?.kind).toBe('bus');
});

test('what cannot be discovered cannot be adopted', async () => {
  await using world = await openWorld();
  await expect(world.discovery.adopt('urn:dev:nobody', 'somebody')).rejects.toMatchObject({
    name: 'thing-not-found',
    detail: "'urn:dev:nobody' is not among what can be discovered now",
  });
});

test('an adapter that fails or never ends does not hide what others find', async () => {
  await using world = await openWorld();
  const noRadio = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('no radio')) }),
  };
  const endless = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
  for (const search of [noRadio, endless]) {
    const adapter = new BulbAdapter(world.servient);
    world.adapters.unshift(Object.assign(adapter, { discover: () => search }));
  }
  const looking = world.ids();
  await world.clock.advance(5_000);
  expect(await looking).toEqual([bulb]);
});

/** Asks a row of the HTTP interface. */
function ask(rows: readonly Route[], operationId: string, id = '') {
  const row = rows.find((candidate) => candidate.operationId === operationId);
  const access = openAccess;
  const request = { params: { id }, base: 'http://gateway', headers: {}, query: {}, access };
  return row?.handle(request as unknown as RouteRequest);
}

test('the rows say what was found, where its description is, and take it', async () => {
  await using world = await openWorld();
  const rows = discoveryRoutes({ discovery: world.discovery });
  const listed = await ask(rows, 'listDiscovered');
  expect(JSON.parse(String(listed?.body))).toEqual([
    {
      id: bulb,
      title: 'Bulb',
      via: 'adapter',
      from: 'bulbs',
      found: expect.stringMatching(/^\d{4}-.*Z$/),
      href: 'http://gateway/discovered/urn%3Adev%3Abulb',
      adopted: false,
    },
  ]);
  const td = await ask(rows, 'getDiscovered', bulb);
  expect(JSON.parse(String(td?.body))).toMatchObject({ id: bulb, title: 'Bulb' });
  expect(await ask(rows, 'adoptDiscovered', bulb)).toEqual({
    status: 201,
    headers: { location: '/things/urn%3Adev%3Abulb' },
  });
});
