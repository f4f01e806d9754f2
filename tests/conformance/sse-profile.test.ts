import { FakeClock } from '@thingtalk/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventReader, type HttpWorld, lamp, startHttpWorld } from '../support/http-world.ts';

// Clauses are quoted from https://w3c.github.io/wot-profile/ (22 October 2025): "HTTP SSE Profile".

const path = `/things/${lamp.id}`;
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
let world: HttpWorld;

beforeEach(async () => {
  world = await startHttpWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const open = async (part: string, headers?: Record<string, string>) =>
  (await EventReader.open(`${world.base}${path}/${part}`, headers)).opened();

it('"its Thing Description MUST have a profile member" with the URI of the HTTP SSE Profile', async () => {
  const td = (await (await world.fetch(path)).json()) as { profile: string[] };
  expect(td.profile).toContain('https://www.w3.org/2022/wot/profile/http-sse/v1');
});

it.each([
  ['properties', 'on', 'observeproperty', 'properties/on'],
  ['events', 'overheated', 'subscribeevent', 'events/overheated'],
] as const)('a form of %s/%s has "subprotocol sse" for %s', async (kind, name, op, href) => {
  type Forms = { op: string[]; href: string; subprotocol?: string; contentType: string }[];
  const td = (await (await world.fetch(path)).json()) as Record<
    'properties' | 'events',
    Record<string, { forms: Forms }>
  > & { base: string };
  const form = td[kind][name]?.forms.find((each) => each.subprotocol === 'sse');
  expect(form).toMatchObject({ contentType: 'application/json', op: expect.arrayContaining([op]) });
  expect(new URL(form?.href ?? '', td.base).href).toBe(`${world.base}${path}/${href}`);
});

describe('observeproperty', () => {
  it('"initially sending an HTTP response ... 200, Content-Type header set to text/event-stream"', async () => {
    await using stream = await open('properties/brightness');
    expect(stream.response.status).toBe(200);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
  });

  it('"MUST set the event field to the name of the PropertyAffordance and populate the data field with the property value, serialized in JSON", with a timestamp as id', async () => {
    await using stream = await open('properties/brightness');
    world.lamp.report('brightness', 42);
    expect(await stream.next()).toEqual({
      event: 'brightness',
      data: '42',
      id: expect.stringMatching(timestamp),
    });
  });

  it('"push a property value to the Consumer each time the value of the specified Property changes", and of no other', async () => {
    await using stream = await open('properties/brightness');
    for (const value of [1, 2, 3]) {
      world.lamp.report('on', value % 2 === 0);
      await world.send('PUT', `${path}/properties/brightness`, value);
    }
    const seen = [await stream.next(), await stream.next(), await stream.next()];
    expect(seen.map((each) => each?.data)).toEqual(['1', '2', '3']);
    const ids = seen.map((each) => each?.id ?? '');
    expect([...new Set(ids)].sort()).toEqual(ids);
  });

  it('every reader gets the same events under the same ids', async () => {
    await using first = await open('properties/on');
    await using second = await open('properties');
    world.lamp.report('on', false);
    expect(await first.next()).toEqual(await second.next());
  });
});

describe('observeallproperties', () => {
  it('"Whenever a Property changes ... the Web Thing MUST send the new property value"', async () => {
    await using stream = await open('properties');
    world.lamp.report('on', false);
    world.lamp.report('power', 3);
    const seen = [await stream.next(), await stream.next()];
    expect(seen.map((each) => [each?.event, each?.data])).toEqual([
      ['on', 'false'],
      ['power', '3'],
    ]);
  });
});

describe('subscribeevent and subscribeallevents', () => {
  it('"MUST set the event field to the name of the EventAffordance and populate the data field with event data"', async () => {
    await using stream = await open('events/overheated');
    world.lamp.emit('touched');
    world.lamp.emit('overheated', 90);
    expect(await stream.next()).toEqual({
      event: 'overheated',
      data: '90',
      id: expect.stringMatching(timestamp),
    });
  });

  it('"push event data to the Consumer for all event types"; an event without data says null', async () => {
    await using stream = await open('events');
    world.lamp.emit('touched');
    world.lamp.emit('overheated', 91);
    expect(await stream.next()).toMatchObject({ event: 'touched', data: 'null' });
    expect(await stream.next()).toMatchObject({ event: 'overheated', data: '91' });
  });
});

describe('Last-Event-ID', () => {
  it('"Once the connection is re-established the Web Thing SHOULD ... send any missed property changes"', async () => {
    let last: string | undefined;
    {
      await using stream = await open('properties/brightness');
      await world.send('PUT', `${path}/properties/brightness`, 1);
      last = (await stream.next())?.id;
    }
    await world.send('PUT', `${path}/properties/brightness`, 2);
    await world.send('PUT', `${path}/properties/brightness`, 3);
    await using again = await open('properties/brightness', { 'last-event-id': last ?? '' });
    expect([(await again.next())?.data, (await again.next())?.data]).toEqual(['2', '3']);
  });

  it('a reader that never saw a change resumes from where its stream began', async () => {
    await using first = await EventReader.open(`${world.base}${path}/properties/brightness`);
    const start = await first.opening();
    await world.send('PUT', `${path}/properties/brightness`, 7);
    await using again = await open('properties/brightness', { 'last-event-id': start });
    expect((await again.next())?.data).toBe('7');
  });

  it('an id older than what is remembered gets the present value, and is told of the gap', async () => {
    await using stream = await open('properties/brightness', {
      'last-event-id': '2020-01-01T00:00:00.000000Z',
    });
    expect(await stream.next()).toMatchObject({ event: 'brightness', data: '50' });
    expect(stream.comments.join()).toContain('no longer known');
  });

  it('an id that is none is refused with 400', async () => {
    const response = await world.fetch(`${path}/properties/on`, {
      headers: { accept: 'text/event-stream', 'last-event-id': 'yesterday' },
    });
    expect(response.status).toBe(400);
  });
});

it('HEAD answers at once on what streams or hangs', async () => {
  for (const part of [
    'events',
    'events/overheated',
    'properties',
    'properties/on',
    'properties/on/observe',
    'events/touched/subscribe',
  ]) {
    const response = await world.fetch(`${path}/${part}`, {
      method: 'HEAD',
      headers: { accept: 'text/event-stream' },
    });
    expect([part, response.status]).toEqual([part, 200]);
  }
});

it('a stream of what does not exist is refused with 404, and of what is write-only with 403', async () => {
  const headers = { accept: 'text/event-stream' };
  for (const [part, status] of [
    ['properties/none', 404],
    ['events/none', 404],
    ['properties/pin', 403],
  ] as const) {
    expect((await world.fetch(`${path}/${part}`, { headers })).status).toBe(status);
  }
});

it('a silent stream says every 15 s that it is alive', async () => {
  const clock = new FakeClock();
  await using still = await startHttpWorld(clock);
  await using stream = await (await EventReader.open(`${still.base}${path}/events`)).opened();
  await clock.advance(15_000);
  still.lamp.emit('touched');
  await stream.next();
  expect(stream.comments).toContain('alive');
});

it('streams and long polls end when the server drains, and when the Thing goes', async () => {
  await using stream = await open('events');
  const poll = world.fetch(`${path}/properties/on/observe`);
  await world.lamp.remove();
  expect(await stream.next()).toBeUndefined();
  expect((await poll).status).toBe(404);

  await using other = await startHttpWorld();
  await using open2 = await (await EventReader.open(`${other.base}${path}/events`)).opened();
  const draining = other.server.drain();
  expect(await open2.next()).toBeUndefined();
  await draining;
});

describe('longpoll', () => {
  it('hangs until the property changes, and answers the bare value', async () => {
    await using stream = await open('properties/on');
    const answer = world.fetch(`${path}/properties/on/observe`);
    // Whether the poll hangs already cannot be seen from outside: the property changes until it is answered.
    let response: Response | undefined;
    const answered = answer.then((each) => {
      response = each;
    });
    for (let on = false; response === undefined; on = !on) {
      world.lamp.report('on', on);
      await stream.next();
    }
    await answered;
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toBeTypeOf('boolean');
  });

  it('a poll that names the last change misses none', async () => {
    await using marker = await open('properties/brightness');
    await world.send('PUT', `${path}/properties/brightness`, 1);
    let last = (await marker.next())?.id ?? '';
    await world.send('PUT', `${path}/properties/brightness`, 2);
    await world.send('PUT', `${path}/properties/brightness`, 3);
    const seen: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const response = await world.fetch(`${path}/properties/brightness/observe`, {
        headers: { 'last-event-id': last },
      });
      last = response.headers.get('last-event-id') ?? '';
      seen.push(await response.json());
    }
    expect(seen).toEqual([2, 3]);
  });
});
