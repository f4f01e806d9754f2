import { type Clock, type ExposedThing, systemClock } from '@thingtalk/core';
import { FakeClock } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { type HeardSession, OpenDoors } from '../support/open-doors.ts';
import {
  type AdministeredGateway,
  type Known,
  startSecuredGateway,
} from '../support/secured-gateway.ts';
import { lamp } from '../support/socket-world.ts';

const at = `/things/${lamp.id}`;

/** A person whose token lives for a day, and what is granted to them. */
interface Granted extends AsyncDisposable {
  readonly world: AdministeredGateway;
  readonly thing: ExposedThing<(typeof lamp)['td']>;
  readonly bob: Known;
  /** Ids of the grants, by the property they are on. */
  readonly grants: Readonly<Record<'on' | 'brightness', string>>;
}

/** Lets `bob` use the lamp's `on` by one grant and its `brightness` by another. */
async function grantTwo(clock: Clock, lifeMs?: Record<'on' | 'brightness', number>) {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await startSecuredGateway({}, { clock }));
  const thing = await world.gateway.expose(lamp);
  await world.when(lamp.id, (record) => record.property('brightness') !== undefined);
  const bob = await world.let('bob', { expires: clock.now() + 86_400_000 });
  const grant = async (affordance: 'on' | 'brightness') => {
    const until = lifeMs && new Date(clock.now() + lifeMs[affordance]).toISOString();
    const body = {
      who: { person: bob.id },
      on: { thing: lamp.id, affordance },
      ops: ['read', 'write', 'observe'],
      ...(until !== undefined && { when: { until } }),
    };
    const answer = await world.ask('/grants', { method: 'POST', token: world.admin.token, body });
    return ((await answer.json()) as { id: string }).id;
  };
  const grants = { on: await grant('on'), brightness: await grant('brightness') };
  const owned = stack.move();
  return { world, thing, bob, grants, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** How the grants end, one after the other. */
interface Endings {
  on(): Promise<unknown>;
  brightness(): Promise<unknown>;
}

/** All that can be open by both grants, and is. */
async function openAll(doors: OpenDoors) {
  const streams = {
    on: await doors.stream('on'),
    brightness: await doors.stream('brightness'),
    all: await doors.stream(),
  };
  const polls = { on: doors.poll('on'), brightness: doors.poll('brightness') };
  const wtp = await doors.protocol('/ws');
  for (const name of ['on', 'brightness']) await wtp.ask('observeproperty', { name });
  const own = await doors.protocol(at);
  await own.ask('observeallproperties');
  const webthings = await doors.socket(`/webthings/${lamp.id}`);
  const channel = await doors.socket('/channel');
  channel.send({ messageType: 'subscribe', data: { thing_ids: [lamp.id] } });
  const [both, one] = [await doors.session('both'), await doors.sessionOverWebSocket('one')];
  const away = await doors.session('away', { clean: false });
  for (const session of [both, away]) {
    expect([await session.subscribe('on'), await session.subscribe('brightness')]).toEqual([1, 1]);
  }
  expect(await one.subscribe('brightness')).toBe(1);
  await one.until('brightness 50');
  await away.client.endAsync();
  return { streams, polls, wtp, own, webthings, channel, both, one };
}

type Opened = Awaited<ReturnType<typeof openAll>>;

/** What was by the grant that is over alone has ended, with a word where the protocol has one. */
async function expectEnded({ streams, polls, wtp, both }: Opened): Promise<void> {
  await streams.on.ended();
  expect(await polls.on).toBe(403);
  expect(await wtp.socket.next()).toMatchObject({ name: 'on', error: { status: 403 } });
  await both.closed;
}

/** What is by the other grant too goes on, and tells of that alone. */
async function expectGoesOn({ thing }: Granted, opened: Opened): Promise<void> {
  const { streams, polls, wtp, own, webthings, channel, one } = opened;
  thing.report('on', false);
  thing.report('brightness', 7);
  for (const stream of [streams.brightness, streams.all]) await stream.until('data: 7');
  expect(streams.all.told).not.toContain('event: on');
  expect(await polls.brightness).toBe(200);
  for (const each of [wtp, own]) {
    expect(await each.heard()).toMatchObject({ name: 'brightness', value: 7 });
  }
  for (const each of [webthings, channel]) {
    expect(await each.next()).toMatchObject({ data: { brightness: 7 } });
  }
  await one.until('brightness 7');
  expect(one.client.connected).toBe(true);
}

/** Whoever comes again finds what is left, and nothing that was kept for them meanwhile. */
async function comeAgain({ world, thing, bob }: Granted, doors: OpenDoors) {
  const back = await doors.session('both');
  expect([await back.subscribe('on'), await back.subscribe('brightness')]).toEqual([128, 1]);
  const again = await doors.session('away', { clean: false });
  expect(await again.subscribe('on')).toBe(128);
  thing.report('on', true);
  thing.report('brightness', 8);
  for (const session of [back, again]) {
    await session.until('brightness 8');
    expect(session.told.join()).not.toContain('on ');
  }
  const put = { method: 'PUT', token: bob.token, body: false } as const;
  expect((await world.ask(`${at}/properties/on`, put)).status).toBe(404);
  expect((await world.ask(`${at}/properties/brightness`, { ...put, body: 9 })).status).toBe(204);
  return [back, again];
}

/** Nothing that was open to the lamp is open any more. */
async function expectOver(opened: Opened, sessions: readonly HeardSession[]): Promise<void> {
  const { streams, wtp, own, webthings, channel, one } = opened;
  for (const stream of [streams.brightness, streams.all]) await stream.ended();
  for (const { socket } of [wtp, own]) {
    const told = await socket.until(({ error }) => error !== undefined);
    expect(told).toMatchObject({ thingID: lamp.id, error: { status: 404 } });
  }
  expect(await webthings.closed).toBe(4403);
  const told = await channel.until(({ messageType }) => messageType === 'error');
  expect(told).toMatchObject({ topic: `things/${lamp.id}` });
  await Promise.all([one, ...sessions].map(({ closed }) => closed));
}

/**
 * Opens all doors, ends one grant and then the other, and looks at each door what ends and what goes on.
 *
 * @returns how long the ends of the one and the other took, in milliseconds.
 */
async function expectEndings(granted: Granted, end: Endings): Promise<readonly number[]> {
  const { world, bob } = granted;
  await using doors = new OpenDoors(world, bob.token);
  const opened = await openAll(doors);
  const first = await timed(async () => {
    await end.on();
    await expectEnded(opened);
  });
  await expectGoesOn(granted, opened);
  const sessions = await comeAgain(granted, doors);
  const second = await timed(async () => {
    await end.brightness();
    await expectOver(opened, sessions);
  });
  // The person is still known, their sockets are open, and there is nothing for them.
  const { error } = await opened.wtp.ask('readproperty', { name: 'brightness' });
  expect(error).toMatchObject({ status: 404 });
  const things = await world.ask('/things', { token: bob.token });
  expect([things.status, await things.json()]).toEqual([200, []]);
  return [first, second];
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

test('when a grant is over, every door ends what was by it alone, while the token goes on', async () => {
  const clock = new FakeClock(Date.now());
  await using granted = await grantTwo(clock, { on: 5_000, brightness: 8_000 });
  await expectEndings(granted, {
    async on() {
      await clock.advance(4_999);
      const { world, bob } = granted;
      expect((await world.ask(`${at}/properties/on`, { token: bob.token })).status).toBe(200);
      await clock.advance(1);
    },
    brightness: () => clock.advance(3_000),
  });
});

test('when a grant is taken back through the API, every door does so within a second', async () => {
  await using granted = await grantTwo(systemClock);
  const { world, grants } = granted;
  const takeBack = async (id: string) => {
    const asking = { method: 'DELETE', token: world.admin.token };
    expect((await world.ask(`/grants/${id}`, asking)).status).toBe(204);
  };
  const took = await expectEndings(granted, {
    on: () => takeBack(grants.on),
    brightness: () => takeBack(grants.brightness),
  });
  expect(Math.max(...took)).toBeLessThan(1_000);
});
