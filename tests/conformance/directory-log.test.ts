import { defineThing } from '@thingtalk/core';
import { FakeClock, MemoryDocuments, MemoryStore, settle } from '@thingtalk/core/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DirectoryWorld,
  describedThing,
  self,
  startDirectoryWorld,
} from '../support/directory-world.ts';
import { EventReader, type SentEvent } from '../support/http-world.ts';

// Clauses are quoted from https://www.w3.org/TR/2023/REC-wot-discovery-20231205/, section 7.3.2.

const lamp = defineThing('urn:dev:lamp', { title: 'Lamp' });
const put = (world: DirectoryWorld, id: string, more = {}) =>
  world.send('PUT', `/things/${id}`, describedThing(id, more));
const remove = (world: DirectoryWorld, id: string) =>
  world.fetch(`/things/${id}`, { method: 'DELETE' });
const follow = async (world: DirectoryWorld, last?: string, path = '/events') =>
  (
    await EventReader.open(world.base + path, last === undefined ? {} : { 'last-event-id': last })
  ).opened();
const idIn = ({ data }: SentEvent) => (JSON.parse(data ?? '{}') as { id?: string }).id;

async function take(events: EventReader, count: number): Promise<readonly SentEvent[]> {
  const taken: SentEvent[] = [];
  while (taken.length < count) {
    const event = await events.next();
    if (event === undefined) break;
    taken.push(event);
  }
  return taken;
}

describe('7.3.2.2, tdd-notification-event-id: "respond to re-connecting clients by delivering all missed events"', () => {
  it('also after a restart, deletions among them, though the clock went backwards', async () => {
    const documents = new MemoryDocuments();
    let last: string | undefined;
    {
      const clock = new FakeClock('2026-06-01T00:00:00Z');
      await using world = await startDirectoryWorld(new MemoryStore(documents, clock), clock);
      await using events = await follow(world);
      await put(world, 'urn:a');
      last = (await events.next())?.id;
      await put(world, 'urn:b');
      await put(world, 'urn:a', { title: 'Two' });
      await remove(world, 'urn:b');
      const exposed = await world.servient.expose(lamp);
      await settle();
      await exposed.remove();
      await settle();
    }
    const clock = new FakeClock('2026-01-01T00:00:00Z');
    await using world = await startDirectoryWorld(new MemoryStore(documents, clock), clock);
    await using events = await follow(world, last, '/events?diff=true');
    await remove(world, 'urn:a');
    const told = await take(events, 6);
    expect(told.map((one) => [one.event, idIn(one)])).toEqual([
      ['thing_created', 'urn:b'],
      ['thing_updated', 'urn:a'],
      ['thing_deleted', 'urn:b'],
      ['thing_created', lamp.id],
      ['thing_deleted', lamp.id],
      ['thing_deleted', 'urn:a'],
    ]);
    expect(JSON.parse(told[1]?.data ?? '')).toMatchObject({ title: 'Two' });
    const ids = [last, ...told.map(({ id }) => id)].map(Number);
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
  });

  it('a restart itself is no event', async () => {
    const documents = new MemoryDocuments();
    const clock = new FakeClock();
    let last = '';
    for (let boot = 0; boot < 3; boot++) {
      await using world = await startDirectoryWorld(new MemoryStore(documents, clock), clock);
      await world.servient.expose(lamp);
      await settle();
      await using events = await follow(world);
      const at = await events.opening();
      if (boot > 0) expect(at).toBe(last);
      last = at;
    }
  });

  it('who is cut off again and again under load is told of each change once, in order', async () => {
    const store = new MemoryStore();
    await using world = await startDirectoryWorld(store);
    await settle();
    const begin = await store.place();
    const write = async (id: string) => {
      for (let n = 0; n < 20; n++) {
        const isEnd = n % 5 === 4;
        const { status } = isEnd
          ? await remove(world, id)
          : await put(world, id, { title: `${n}` });
        expect(status).toBe(n % 5 === 0 ? 201 : 204);
      }
    };
    const writing = Promise.all(Array.from({ length: 10 }, (_, n) => write(`urn:w:${n}`)));
    const told: SentEvent[] = [];
    while (told.length < 200) {
      await using events = await follow(world, told.at(-1)?.id ?? String(begin));
      told.push(...(await take(events, Math.min(7, 200 - told.length))));
    }
    await writing;
    const collections = ['registered-things'];
    const stored = await store.changes({ collections, after: begin, limit: 1_000 });
    expect(stored).toHaveLength(200);
    expect(told.map((one) => [Number(one.id), idIn(one)])).toEqual(
      stored.map(({ place, key }) => [place, key]),
    );
  });

  it('a document that was changed more often than versions are kept begins with an update, and ends as it is', async () => {
    const documents = new MemoryDocuments();
    const store = new MemoryStore(documents);
    await using world = await startDirectoryWorld(store);
    await settle();
    const begin = await store.place();
    for (const title of ['One', 'Two', 'Three']) await put(world, 'urn:a', { title });
    await put(world, 'urn:b');
    documents.forget('registered-things', 'urn:a', 2);
    await using events = await follow(world, String(begin), '/events?diff=true');
    const told = (await take(events, 3)).map(({ event, data }) => [event, JSON.parse(data ?? '')]);
    expect(told).toMatchObject([
      ['thing_updated', { id: 'urn:a', title: 'Two', properties: { power: {} } }],
      ['thing_updated', { id: 'urn:a', title: 'Three' }],
      ['thing_created', { id: 'urn:b' }],
    ]);
    expect(told[1]?.[1]).not.toHaveProperty('properties');
  });

  it('a Thing that was cleared from its broker while the directory was down is told as deleted', async () => {
    const documents = new MemoryDocuments();
    const clock = new FakeClock();
    let last: string | undefined;
    {
      await using world = await startDirectoryWorld(new MemoryStore(documents, clock), clock);
      await world.servient.expose(lamp);
      await settle();
      await using events = await follow(world);
      last = await events.opening();
    }
    await using world = await startDirectoryWorld(new MemoryStore(documents, clock), clock);
    await using events = await follow(world, last);
    await clock.advance(22_500);
    expect((await take(events, 1)).map((one) => [one.event, idIn(one)])).toEqual([
      ['thing_deleted', lamp.id],
    ]);
  });

  it('of gateways that share a store but no broker each tells of the Things it serves, and of what is registered', async () => {
    const documents = new MemoryDocuments();
    await using one = await startDirectoryWorld(new MemoryStore(documents), undefined, 'one');
    await using other = await startDirectoryWorld(new MemoryStore(documents), undefined, 'other');
    await settle();
    await using events = await follow(other);
    await one.servient.expose(lamp);
    await settle();
    const notes = await one.send(
      'PUT',
      `/things/${lamp.id}/metadata`,
      { notes: 'mine' },
      {
        'content-type': 'application/json',
      },
    );
    expect(notes.status).toBe(204);
    await put(one, 'urn:a');
    expect((await take(events, 1)).map((each) => [each.event, idIn(each)])).toEqual([
      ['thing_created', 'urn:a'],
    ]);
    const status = async (world: DirectoryWorld, id: string) =>
      (await world.fetch(`/things/${id}`)).status;
    expect([await status(one, lamp.id), await status(other, lamp.id)]).toEqual([200, 404]);
    expect([await status(one, 'urn:a'), await status(other, 'urn:a')]).toEqual([200, 200]);
  });

  it('an id that is not known here: all there is follows, and the stream says so', async () => {
    await using world = await startDirectoryWorld();
    await put(world, 'urn:a');
    await settle();
    await using events = await follow(world, '999999999');
    const told = await take(events, 2);
    expect(told.map(idIn)).toEqual(['urn:a', self.id]);
    expect(events.comments.join()).toContain('not known here');
    const refused = await world.fetch('/events', { headers: { 'last-event-id': 'yesterday' } });
    expect(refused.status).toBe(400);
  });
});

it('7.3.1.1: when a Thing of the bus came, and when it changed, is known after a restart', async () => {
  const documents = new MemoryDocuments();
  const clock = new FakeClock('2026-01-01T00:00:00Z');
  const registration = async (world: DirectoryWorld) => {
    const response = await world.fetch(`/things/${lamp.id}`);
    const { registration } = (await response.json()) as { registration: { retrieved?: string } };
    delete registration.retrieved;
    return { ...registration, etag: response.headers.get('etag') };
  };
  let known: object;
  {
    await using world = await startDirectoryWorld(new MemoryStore(documents, clock), clock);
    const first = await world.servient.expose(lamp);
    await clock.advance(1_000);
    await first.remove();
    await world.servient.expose(lamp);
    await clock.advance(1_000);
    known = await registration(world);
  }
  await clock.advance(60_000);
  {
    await using world = await startDirectoryWorld(new MemoryStore(documents, clock), clock);
    await world.servient.expose(lamp);
    await settle();
    expect(await registration(world)).toEqual(known);
  }
  await using world = await startDirectoryWorld(new MemoryStore(documents, clock), clock);
  await world.servient.expose(defineThing(lamp.id, { title: 'Lamp 2' }));
  expect(await registration(world)).toMatchObject({
    created: '2026-01-01T00:00:01.000Z',
    modified: '2026-01-01T00:01:02.000Z',
  });
});

it('tdd-things-list-pagination-order-unsupported, tdd-http-unsupported-feature: "If the server does not support custom sorting, it MUST reject the request"', async () => {
  await using world = await startDirectoryWorld();
  for (const query of ['sort_by=title', 'sort_order=desc', 'sort_by=created&sort_order=asc']) {
    expect((await world.fetch(`/things?${query}`)).status).toBe(501);
  }
});

it('what lives on the bus is refused with how to be rid of it', async () => {
  await using world = await startDirectoryWorld();
  const response = await remove(world, self.id);
  expect(response.status).toBe(409);
  expect(await response.text()).toContain(`POST /things/${self.id}/forget`);
});

it('whoever comes and goes between pages, who stood all along is seen once', async () => {
  await using world = await startDirectoryWorld();
  const ids = Array.from({ length: 12 }, (_, n) => `urn:p:${String(n).padStart(2, '0')}`);
  const which = fc.integer({ min: 0, max: 11 });
  const step = fc.record({ come: fc.array(which), go: fc.array(which) });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(which),
      fc.array(step, { maxLength: 6 }),
      fc.integer({ min: 1, max: 5 }),
      async (begin, steps, limit) => {
        const has = new Set(begin);
        for (const [n, id] of ids.entries())
          await (has.has(n) ? put(world, id) : remove(world, id));
        const steady = new Set(begin);
        const seen: string[] = [];
        let next: string | undefined = `/things?limit=${limit}`;
        for (let page = 0; next !== undefined; page++) {
          const response: Response = await world.fetch(next);
          for (const { id } of (await response.json()) as { id: string }[]) seen.push(id);
          next = /<([^>]*)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
          for (const n of steps[page]?.come ?? []) await put(world, ids[n] ?? '');
          for (const n of steps[page]?.go ?? []) {
            await remove(world, ids[n] ?? '');
            steady.delete(n);
          }
        }
        expect(new Set(seen).size).toBe(seen.length);
        for (const n of steady) expect(seen).toContain(ids[n]);
      },
    ),
    { numRuns: 15 },
  );
});
