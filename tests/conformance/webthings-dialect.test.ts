import { afterEach, beforeEach, expect, it } from 'vitest';
import { type HttpWorld, lamp, startHttpWorld } from '../support/http-world.ts';

// What clients of the WebThings framework and its tester demand: statuses, shapes and order.

const path = `/webthings/${lamp.id}`;
const wholeSeconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/;
let world: HttpWorld;

beforeEach(async () => {
  world = await startHttpWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const get = async (part: string) => (await world.fetch(path + part)).json();
const fade = (input: unknown) => world.send('POST', `${path}/actions`, { fade: { input } });

interface Described {
  readonly '@context': string;
  readonly security: string;
  readonly links: readonly { readonly rel: string; readonly href: string }[];
  readonly properties: Record<string, { readonly links: readonly unknown[] }>;
  readonly actions: Record<string, { readonly links: readonly unknown[] }>;
  readonly events: Record<string, { readonly links: readonly unknown[]; readonly type?: string }>;
}

it('the description has one string as @context, one link in each affordance, and links in order', async () => {
  const thing = (await get('')) as Described;
  expect(thing['@context']).toBe('https://webthings.io/schemas');
  expect(thing.security).toBe('nosec_sc');
  expect(thing.links.map(({ rel }) => rel)).toEqual([
    'properties',
    'actions',
    'events',
    'alternate',
  ]);
  expect(thing.links.at(3)?.href).toBe(`ws://127.0.0.1:${world.port}${path}`);
  for (const kind of ['properties', 'actions', 'events'] as const) {
    for (const affordance of Object.values(thing[kind])) expect(affordance.links).toHaveLength(1);
  }
  expect(thing.properties.on?.links).toEqual([{ rel: 'property', href: `${path}/properties/on` }]);
  expect(thing.events.overheated).toMatchObject({ type: 'number', unit: 'degree celsius' });
});

it('the list holds every Thing', async () => {
  expect(await (await world.fetch('/webthings')).json()).toEqual([await get('')]);
});

it('GET of a property answers {name: value}, of all of them the values by name', async () => {
  expect(await get('/properties/on')).toEqual({ on: true });
  expect(await get('/properties')).toEqual({ on: true, brightness: 50, power: 7.5 });
});

it('PUT of a property takes {name: value} and answers 200 with it', async () => {
  const response = await world.send('PUT', `${path}/properties/brightness`, { brightness: 25 });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toEqual({ brightness: 25 });
  expect(await get('/properties/brightness')).toEqual({ brightness: 25 });
});

it.each([25, { on: 25 }, {}, { brightness: 'bright' }, { brightness: 101 }, null])(
  'PUT of a property refuses %j with 400',
  async (body) => {
    const response = await world.send('PUT', `${path}/properties/brightness`, body);
    expect(response.status).toBe(400);
    expect(await get('/properties/brightness')).toEqual({ brightness: 50 });
  },
);

it('POST of an action answers 201 with the request, created', async () => {
  const input = { brightness: 60, duration: 1 };
  const response = await fade(input);
  expect(response.status).toBe(201);
  const { fade: request } = (await response.json()) as { fade: { href: string } };
  expect(request).toEqual({
    input,
    href: expect.stringMatching(`^${path}/actions/fade/`),
    status: 'created',
    timeRequested: expect.stringMatching(wholeSeconds),
  });
  await expect
    .poll(async () => (await world.fetch(request.href)).json())
    .toEqual({
      fade: {
        ...request,
        status: 'completed',
        timeCompleted: expect.stringMatching(wholeSeconds),
      },
    });
});

it('the address of one action takes the same request', async () => {
  const input = { brightness: 60, duration: 1 };
  const response = await world.send('POST', `${path}/actions/fade`, { fade: { input } });
  expect(response.status).toBe(201);
  const other = await world.send('POST', `${path}/actions/add`, { fade: { input } });
  expect(other.status).toBe(400);
});

it.each([
  {},
  [],
  { fade: 5 },
  { fade: {} },
  { fade: { input: { brightness: 500, duration: 1 } } },
  { fade: { input: {} }, add: { input: 1 } },
])('POST of an action refuses %j with 400', async (body) => {
  expect((await world.send('POST', `${path}/actions`, body)).status).toBe(400);
});

it('actions are listed oldest first, and DELETE takes one off the list', async () => {
  for (const brightness of [1, 2]) await fade({ brightness, duration: 60_000 });
  type Listed = { fade: { href: string; input: { brightness: number } } }[];
  const listed = (await get('/actions')) as Listed;
  expect(listed.map((each) => each.fade.input.brightness)).toEqual([1, 2]);
  expect(await get('/actions/fade')).toEqual(listed);
  const [first, second] = listed.map((each) => each.fade.href);
  expect((await world.fetch(first ?? '', { method: 'DELETE' })).status).toBe(204);
  expect(((await get('/actions')) as Listed).map((each) => each.fade.href)).toEqual([second]);
  expect((await world.fetch(first ?? '')).status).toBe(404);
});

it('DELETE takes a request off the list that has ended', async () => {
  const response = await fade({ brightness: 60, duration: 1 });
  const { fade: request } = (await response.json()) as { fade: { href: string } };
  await expect
    .poll(async () => (await world.fetch(request.href)).json())
    .toMatchObject({ fade: { status: 'completed' } });
  expect((await world.fetch(request.href, { method: 'DELETE' })).status).toBe(204);
  expect(await get('/actions')).toEqual([]);
});

it('events are listed oldest first, of all kinds or of one', async () => {
  world.lamp.emit('overheated', 90);
  world.lamp.emit('touched');
  world.lamp.emit('overheated', 91);
  await expect.poll(() => get('/events')).toHaveLength(3);
  const timestamp = expect.stringMatching(wholeSeconds);
  expect(await get('/events')).toEqual([
    { overheated: { data: 90, timestamp } },
    { touched: { timestamp } },
    { overheated: { data: 91, timestamp } },
  ]);
  expect(await get('/events/overheated')).toEqual([
    { overheated: { data: 90, timestamp } },
    { overheated: { data: 91, timestamp } },
  ]);
});

it('what is not there answers 404', async () => {
  for (const part of [
    '/properties/none',
    '/actions/none',
    '/actions/fade/none',
    '/events/none',
    'x',
  ]) {
    expect([part, (await world.fetch(path + part)).status]).toEqual([part, 404]);
  }
});
