import { defineThing, MemoryBus, openThings, Servient, type ThingId } from '@thingtalk/core';
import { FakeClock, MemoryGuard } from '@thingtalk/core/testing';
import { expect, it } from 'vitest';
import { ThingFeed } from '../feed/thing-feed.ts';
import { ChangeStreams } from './change-streams.ts';
import { httpForms } from './http-forms.ts';
import { startHttpServer } from './http-server.ts';
import { thingRoutes } from './thing-routes.ts';

const lamp = defineThing(
  'urn:dev:lamp',
  {
    title: 'Lamp',
    properties: { on: { type: 'boolean' }, level: { type: 'integer' } },
    events: { hot: { data: { type: 'number' } } },
  },
  { initial: { on: false, level: 1 } },
);
const id = lamp.id as ThingId;
const all = { thing: id, kind: 'property', name: undefined } as const;

async function startLamp() {
  await using stack = new AsyncDisposableStack();
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  const bus = stack.use(new MemoryBus());
  const servient = stack.use(new Servient({ bus, clock }));
  const exposed = await servient.expose(lamp);
  const { things } = stack.use(await openThings({ bus, clock }));
  const feed = stack.use(new ThingFeed(things, clock));
  const streams = stack.use(new ChangeStreams(things, feed, clock));
  const owned = stack.move();
  return {
    clock,
    exposed,
    things,
    feed,
    streams,
    servient,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The frames that wait now. */
async function taken(stream: AsyncIterator<string>): Promise<string> {
  return (await stream.next()).value ?? '';
}

it('a stream of all properties tells of those its reader may observe at each moment', async () => {
  await using world = await startLamp();
  const access = new MemoryGuard().let('reader', [
    { right: 'observe', thing: id, affordance: 'on' },
  ]);
  const stream = world.streams.stream(all, undefined, access);
  await taken(stream);
  world.exposed.report('level', 2);
  world.exposed.report('on', true);
  await expect.poll(() => world.things.find(id)?.property('on')?.value).toBe(true);
  const first = await taken(stream);
  expect(first).toContain('event: on');
  expect(first).not.toContain('event: level');
  access.change([{ right: 'observe', thing: id, affordance: 'level' }]);
  world.exposed.report('level', 3);
  world.exposed.report('on', false);
  await expect.poll(() => world.things.find(id)?.property('on')?.value).toBe(false);
  const second = await taken(stream);
  expect(second).toContain('event: level');
  expect(second).not.toContain('event: on');
});

it('what a reader may not hear of is not told when it resumes either', async () => {
  await using world = await startLamp();
  const guard = new MemoryGuard();
  const access = guard.let('reader', [{ right: 'observe', thing: id, affordance: 'on' }]);
  const before = world.feed.log.last;
  world.exposed.report('level', 2);
  world.exposed.report('on', true);
  await expect.poll(() => world.things.find(id)?.property('on')?.value).toBe(true);
  for (const last of [before, 1]) {
    const told = await taken(world.streams.stream(all, last, access));
    expect(told).toContain('event: on');
    expect(told).not.toContain('event: level');
  }
  const next = await world.streams.next(all, {
    last: before,
    signal: new AbortController().signal,
    access,
  });
  expect(next.name).toBe('on');
});

it('a stream ends within the tick in which the right it was opened by goes, and what waits is not told', async () => {
  await using world = await startLamp();
  const access = new MemoryGuard().let('reader', [
    { right: 'observe', thing: id, affordance: 'on' },
  ]);
  const stream = world.streams.stream({ ...all, name: 'on' }, undefined, access);
  const poll = world.streams.next(all, {
    last: undefined,
    signal: new AbortController().signal,
    access,
  });
  world.exposed.report('on', true);
  access.change([{ right: 'read', thing: id }]);
  expect(world.streams.streamCount).toBe(0);
  expect(access.listenerCount).toBe(0);
  await expect(poll).rejects.toMatchObject({ name: 'forbidden' });
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

it('a stream that may still tell of something stays open', async () => {
  await using world = await startLamp();
  const access = new MemoryGuard().let('reader', [{ right: 'observe' }]);
  const stream = world.streams.stream(all, undefined, access);
  access.change([{ right: 'observe', thing: id, affordance: 'level' }]);
  expect(world.streams.streamCount).toBe(1);
  stream.end();
  expect(access.listenerCount).toBe(0);
});

it('streams and polls over HTTP end when the credentials they were opened by are taken back', async () => {
  await using world = await startLamp();
  const guard = new MemoryGuard();
  const access = guard.let('reader', [
    { right: 'observe' },
    { right: 'subscribe' },
    { right: 'read' },
  ]);
  const { clock, things, feed } = world;
  using w3c = thingRoutes({ things, feed, clock, forms: [httpForms] });
  await using server = await startHttpServer({ port: 0, routes: w3c.routes, guard, clock });
  const headers = { authorization: 'Bearer reader' };
  const open = (path: string, accept = 'text/event-stream') =>
    fetch(`${server.base}${path}`, { headers: { ...headers, accept } });
  const streams = await Promise.all([
    open(`/things/${id}/properties`),
    open(`/things/${id}/events`),
    open('/events'),
  ]);
  const poll = open(`/things/${id}/properties/on/observe`, 'application/json');
  await expect.poll(() => access.listenerCount).toBeGreaterThanOrEqual(7);
  guard.revoke('reader');
  for (const stream of streams) await stream.text();
  expect((await poll).status).toBe(401);
  expect((await open(`/things/${id}/properties`)).status).toBe(401);
  await expect.poll(() => access.listenerCount).toBe(0);
});

it('the changes of the directory are told to whom the Thing is visible, as it is visible', async () => {
  await using world = await startLamp();
  const guard = new MemoryGuard();
  guard.let('reader', [
    { right: 'read', thing: id, affordance: 'on' },
    { right: 'read', thing: 'urn:dev:second' },
  ]);
  const { clock, things, feed } = world;
  using w3c = thingRoutes({ things, feed, clock, forms: [httpForms] });
  await using server = await startHttpServer({ port: 0, routes: w3c.routes, guard, clock });
  const answer = await fetch(`${server.base}/events?diff=true`, {
    headers: { authorization: 'Bearer reader', 'last-event-id': '1' },
  });
  const reader = (answer.body ?? new ReadableStream())
    .pipeThrough(new TextDecoderStream())
    .getReader();
  let told = '';
  const until = async (text: string) => {
    while (!told.includes(text)) told += (await reader.read()).value ?? '';
  };
  await until('thing_created');
  await world.servient.expose(defineThing('urn:dev:secret', { title: 'Secret' }));
  await world.servient.expose(defineThing('urn:dev:second', { title: 'Second' }));
  await until('Second');
  await reader.cancel();
  expect(told).toContain('"on"');
  expect(told).not.toContain('"level"');
  expect(told).not.toContain('Secret');
});
