import { defineThing, Payload } from '@thingtalk/core';
import { FakeClock, MemoryDocuments, MemoryStore } from '@thingtalk/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  anonymous,
  type DirectoryWorld,
  describedThing,
  self,
  startDirectoryWorld,
} from '../support/directory-world.ts';
import { EventReader } from '../support/http-world.ts';

// Clauses are quoted from https://www.w3.org/TR/2023/REC-wot-discovery-20231205/, sections 6.2, 7.2 and 7.3.

const discovery = 'https://www.w3.org/2022/wot/discovery';
const id = 'urn:example:simple-td';
const path = `/things/${id}`;
const uuid = /^urn:uuid:[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

let clock: FakeClock;
let world: DirectoryWorld;
beforeEach(async () => {
  clock = new FakeClock();
  world = await startDirectoryWorld(new MemoryStore(new MemoryDocuments(), clock), clock);
});
afterEach(() => world[Symbol.asyncDispose]());

interface Served {
  readonly '@context': readonly unknown[];
  readonly id: string;
  readonly title: string;
  readonly registration: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

const read = async (at = path) => (await (await world.fetch(at)).json()) as Served;
const put = (td = describedThing(id), headers = {}) => world.send('PUT', path, td, headers);
const patch = (body: unknown, at = path, headers = {}) =>
  world.send('PATCH', at, body, { 'content-type': 'application/merge-patch+json', ...headers });

async function expectProblem(response: Response, status: number) {
  const text = await response.text();
  expect([response.status, text]).toEqual([status, text]);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = JSON.parse(text) as {
    status: number;
    detail: string;
    validationErrors?: readonly { field: string; description: string }[];
  };
  expect(problem.status).toBe(status);
  return problem;
}

describe('6.2 and 7.2 Well-Known URIs and the exploration of a server', () => {
  it('introduction-well-known-path, introduction-well-known-thing-description, exploration-server-http-method, exploration-server-http-resp, exploration-server-http-resp-content-type: "if a request is made at the above Well-Known URI, the server MUST return a Thing Description"', async () => {
    const response = await world.fetch('/.well-known/wot');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/td+json');
    expect(await response.json()).toMatchObject({ id: self.id });
  });

  it('exploration-directory-description-type: "The TD that describes a Thing Description Directory MUST use type ThingDirectory"', async () => {
    expect((await read('/.well-known/wot'))['@type']).toBe('ThingDirectory');
  });

  it('exploration-server-http-head: "An HTTP-based TD Server providing a TD MUST respond to HEAD requests by returning only the headers equivalent to those returned by a GET"', async () => {
    await put();
    for (const at of ['/.well-known/wot', path, `/things/${self.id}`]) {
      const get = await world.fetch(at);
      const head = await world.fetch(at, { method: 'HEAD' });
      expect(await head.text()).toBe('');
      for (const name of ['content-type', 'content-length', 'etag']) {
        expect(head.headers.get(name)).toBe(get.headers.get(name));
      }
    }
  });
});

describe('7.3.1 Information Model', () => {
  it('tdd-context-injection: "An Enriched TD MUST contain in its @context the URI https://www.w3.org/2022/wot/discovery"', async () => {
    await put();
    for (const td of [await read(), await read(`/things/${self.id}`)]) {
      expect(td['@context']).toContain(discovery);
      expect(td.registration.created).toBe('2026-01-01T00:00:00.000Z');
    }
    for (const td of (await (await world.fetch('/things')).json()) as Served[]) {
      expect(td['@context']).toContain(discovery);
    }
  });

  it('tdd-absolute-time: "Whenever an absolute time is expressed using dateTime it MUST be interpreted as date-time as specified in RFC3339"', async () => {
    await put(describedThing(id, { registration: { expires: '2026-01-02T01:00:00+01:00' } }));
    expect((await read()).registration.expires).toBe('2026-01-02T00:00:00.000Z');
    for (const expires of ['2026-01-02T00:00:00', 'tomorrow', '2026-01-02', 7, null]) {
      const problem = await expectProblem(
        await put(describedThing(id, { registration: { expires } })),
        400,
      );
      expect(problem.validationErrors).toMatchObject([{ field: '/registration/expires' }]);
    }
  });

  it('tdd-registrationinfo-vocab-expires, tdd-registrationinfo-vocab-ttl, tdd-registrationinfo-vocab-retrieved: "If ttl is present, the server MUST ignore client assignments to expires"; "The server MUST use ttl to calculate the expires value"', async () => {
    await put(describedThing(id, { registration: { ttl: 3600, expires: '2030-01-01T00:00:00Z' } }));
    expect((await read()).registration).toMatchObject({
      ttl: 3600,
      expires: '2026-01-01T01:00:00.000Z',
      retrieved: '2026-01-01T00:00:00.000Z',
    });
  });

  it('tdd-registrationinfo-vocab-created, tdd-registrationinfo-vocab-modified: "created" and "modified" are the directory\'s to say, as is "retrieved"', async () => {
    await put(describedThing(id, { registration: { created: 'x', modified: 7, retrieved: [] } }));
    await clock.advance(1_000);
    await patch({ title: 'Two', registration: { created: 'then' } });
    await clock.advance(1_000);
    expect((await read()).registration).toEqual({
      created: '2026-01-01T00:00:00.000Z',
      modified: '2026-01-01T00:00:01.000Z',
      retrieved: '2026-01-01T00:00:02.000Z',
    });
  });

  it('tdd-registrationinfo-expiry-purge: "Servers SHOULD periodically purge TDs that are past their expiry times"', async () => {
    await put(describedThing(id, { registration: { ttl: 10 } }));
    await clock.advance(10_000);
    await expectProblem(await world.fetch(path), 404);
  });

  it('"An empty merge patch document effectively triggers the recalculation of expires"', async () => {
    await put(describedThing(id, { registration: { ttl: 10 } }));
    await clock.advance(9_000);
    expect((await patch({})).status).toBe(204);
    expect((await read()).registration.expires).toBe('2026-01-01T00:00:19.000Z');
  });

  it('tdd-anonymous-td-identifier: "In situations where the server exposes an Anonymous TD, it MUST add the local identifier as id of the TD"', async () => {
    const { headers } = await world.send('POST', '/things', anonymous());
    const td = await read(headers.get('location') ?? '');
    expect(td.id).toMatch(uuid);
    const listed = (await (await world.fetch('/things')).json()) as Served[];
    expect(listed.map((one) => one.id)).toContain(td.id);
  });
});

describe('7.3.2 Directory Service API', () => {
  it('tdd-http-error-response: "The HTTP API MUST use the Problem Details format to carry error details in HTTP client error (4xx) and server error (5xx) responses"', async () => {
    await expectProblem(await world.fetch('/things/urn:nobody'), 404);
    await expectProblem(await world.send('PUT', '/things', {}), 405);
    await expectProblem(await world.fetch('/search/sparql?query=ASK'), 501);
    await expectProblem(await world.fetch('/search/xpath?query=a'), 501);
  });

  it('tdd-http-error-response-utf-8: "All HTTP API error responses described using Problem Details MUST be encoded using UTF-8"', async () => {
    const bytes = await (await world.fetch('/things/urn:nobody:%C3%A4%F0%9F%92%A1')).bytes();
    expect(new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toContain('urn:nobody:ä💡');
  });

  it('tdd-http-head: "For each HTTP endpoint that responds to the GET method, the server MUST accept HEAD requests and return only the headers"', async () => {
    await put();
    for (const at of [
      '/things',
      '/things?limit=1',
      path,
      `${path}/metadata`,
      `/things/${self.id}/status`,
      '/events',
      '/events/thing_created?diff=true',
      '/search/jsonpath?query=$',
    ]) {
      const head = await world.fetch(at, { method: 'HEAD' });
      expect([at, head.status, await head.text()]).toEqual([at, 200, '']);
    }
  });
});

describe('7.3.2.1.1 Creation', () => {
  it('tdd-things-create-known-td, tdd-things-create-known-contenttype, tdd-things-create-known-td-resp: "A TD that has an id MUST be submitted in the body of an HTTP PUT request at /things/{id}"; "Upon successful processing, the server MUST respond with 201 (Created) status"', async () => {
    const response = await put();
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe(path);
    expect(await read()).toMatchObject(describedThing(id, { '@context': expect.anything() }));
  });

  it('tdd-things-create-known-vs-anonymous: "A TD which is identified with an id attribute MUST be handled differently with one that has no identifier"', async () => {
    await expectProblem(await world.send('POST', '/things', describedThing(id)), 400);
    await expectProblem(await world.send('PUT', path, anonymous()), 400);
  });

  it('tdd-things-create-anonymous-td, tdd-things-create-anonymous-contenttype, tdd-things-create-anonymous-id, tdd-things-create-anonymous-td-resp, tdd-anonymous-td-local-uuid: "An Anonymous TD MUST be submitted in the body of an HTTP POST request at /things"; "The directory MUST assign a local identifier"; "MUST respond with 201 (Created) status and a Location header"', async () => {
    const response = await world.send('POST', '/things', anonymous());
    expect(response.status).toBe(201);
    const location = response.headers.get('location') ?? '';
    expect(location.replace('/things/', '')).toMatch(uuid);
    expect((await world.fetch(location)).status).toBe(200);
  });

  it('an id in the TD that is not that of the address is refused', async () => {
    const response = await world.send('PUT', '/things/urn:other', describedThing(id));
    const { validationErrors } = await expectProblem(response, 400);
    expect(validationErrors).toMatchObject([{ field: '/id' }]);
  });

  it('a TD 1.0 and members that nobody knows are taken, and come back as they were', async () => {
    const old = describedThing(id, {
      '@context': 'https://www.w3.org/2019/wot/td/v1',
      'vendor:colour': { deep: [1, null, 'ü'] },
      support: 'mailto:us@example.com',
    });
    expect((await put(old)).status).toBe(201);
    const { registration, '@context': context, ...served } = await read();
    const { '@context': own, ...given } = old;
    expect(served).toEqual(given);
    expect(context).toEqual([own, discovery]);
    expect(registration).toBeDefined();
  });

  it('a content type that is none of a TD is 415', async () => {
    for (const type of ['text/plain', 'application/xml', 'application/merge-patch+json']) {
      await expectProblem(await put(describedThing(id), { 'content-type': type }), 415);
    }
    await expectProblem(await patch({}, path, { 'content-type': 'application/json' }), 415);
  });
});

describe('7.3.2.1.2 Retrieval', () => {
  it('tdd-things-retrieve, tdd-things-retrieve-resp, tdd-things-retrieve-resp-content-type: "A successful response MUST have 200 (OK) status and the requested TD in the body"; "MUST contain either application/json or application/td+json"', async () => {
    await put();
    const response = await world.fetch(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/td+json');
    expect(await response.json()).toMatchObject({ id, title: 'Meter' });
  });

  it('interactions on a TD that was merely registered are 404, and say why', async () => {
    await put();
    for (const part of ['/properties/power', '/properties', '/actions', '/events']) {
      const { detail } = await expectProblem(await world.fetch(path + part), 404);
      expect(detail).toContain('registered by hand');
    }
    const { detail } = await expectProblem(
      await world.send('PUT', `${path}/properties/power`, 1, {
        'content-type': 'application/json',
      }),
      404,
    );
    expect(detail).toContain('registered by hand');
  });
});

describe('7.3.2.1.3 Update', () => {
  it('tdd-things-update, tdd-things-update-contenttype, tdd-things-update-resp: "A modified TD MUST replace an existing one when submitted using an HTTP PUT request"; "Upon success, the server MUST respond with 204 (No Content) status"', async () => {
    await put(describedThing(id, { description: 'gone later' }));
    expect((await put(describedThing(id, { title: 'New' }))).status).toBe(204);
    const td = await read();
    expect(td.title).toBe('New');
    expect(td).not.toHaveProperty('description');
  });

  it('tdd-things-update-partial, tdd-things-update-partial-mergepatch, tdd-things-update-partial-resp: "An existing TD MUST be partially modified when the modified parts are submitted using an HTTP PATCH request"; "MUST be processed using the JSON merge patch format"; "MUST respond with a 204"', async () => {
    await put(describedThing(id, { description: 'x', version: { instance: '1', model: '2' } }));
    const response = await patch({
      description: null,
      title: 'Patched',
      base: 'http://192.168.0.2/',
      version: { instance: '3' },
    });
    expect(response.status).toBe(204);
    const td = await read();
    expect(td).not.toHaveProperty('description');
    expect(td).toMatchObject({
      title: 'Patched',
      base: 'http://192.168.0.2/',
      version: { instance: '3', model: '2' },
    });
  });

  it('tdd-things-update-partial-contenttype, tdd-things-update-partial-partialtd: "The request MUST contain application/merge-patch+json"; "The input MUST be in Partial TD form and conform to the original TD structure"', async () => {
    await put();
    await expectProblem(await world.send('PATCH', path, { title: 'x' }), 415);
    const { validationErrors } = await expectProblem(await patch({ title: 7 }), 400);
    expect(validationErrors).toMatchObject([{ field: '/title' }]);
    await expectProblem(await patch({ id: 'urn:another' }), 400);
    await expectProblem(await patch(['title']), 400);
    await expectProblem(await patch({}, '/things/urn:nobody'), 404);
    expect((await read()).title).toBe('Meter');
  });

  it('a stale If-Match is 412, and changes nothing', async () => {
    await put();
    const seen = (await world.fetch(path)).headers.get('etag') ?? '';
    expect((await patch({ title: 'Two' }, path, { 'if-match': seen })).status).toBe(204);
    const stale = { 'if-match': seen };
    await expectProblem(await patch({ title: 'Three' }, path, stale), 412);
    await expectProblem(await put(describedThing(id), stale), 412);
    await expectProblem(await world.fetch(path, { method: 'DELETE', headers: stale }), 412);
    await expectProblem(await put(describedThing(id), { 'if-none-match': '*' }), 412);
    expect((await read()).title).toBe('Two');
    const known = (await world.fetch(path)).headers.get('etag') ?? '';
    expect((await world.fetch(path, { headers: { 'if-none-match': known } })).status).toBe(304);
  });

  it('50 who patch at once lose no update; of 50 with the same If-Match one wins', async () => {
    await put();
    const patches = Array.from({ length: 50 }, (_, n) => patch({ [`x:n${n}`]: n }));
    for (const { status } of await Promise.all(patches)) expect(status).toBe(204);
    const td = await read();
    for (let n = 0; n < 50; n++) expect(td[`x:n${n}`]).toBe(n);
    const etag = (await world.fetch(path)).headers.get('etag') ?? '';
    const racers = Array.from({ length: 50 }, (_, n) =>
      patch({ winner: n }, path, { 'if-match': etag }),
    );
    const statuses = (await Promise.all(racers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 204)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(49);
  });
});

describe('7.3.2.1.4 Deletion', () => {
  it('tdd-things-delete, tdd-things-delete-resp: "A delete operation MUST be done using an HTTP DELETE request at /things/{id}"; "A successful response MUST have 204 (No Content) status"', async () => {
    await put();
    expect((await world.fetch(path, { method: 'DELETE' })).status).toBe(204);
    await expectProblem(await world.fetch(path), 404);
    await expectProblem(await world.fetch(path, { method: 'DELETE' }), 404);
  });

  it('what lives on the bus is neither replaced, patched nor deleted here', async () => {
    const bus = `/things/${self.id}`;
    await expectProblem(await world.send('PUT', bus, describedThing(self.id)), 409);
    await expectProblem(await patch({ title: 'x' }, bus), 409);
    await expectProblem(await world.fetch(bus, { method: 'DELETE' }), 409);
  });
});

describe('7.3.2.1.5 Listing', () => {
  const ids = ['urn:a:1', 'urn:a:2', 'urn:a:10', 'urn:Z', 'urn:ä'];
  const inOrder = ['urn:Z', 'urn:a:1', 'urn:a:10', 'urn:a:2', self.id, 'urn:ä'];
  beforeEach(async () => {
    for (const one of ids) await world.registry.put(one, describedThing(one), { author: 'test' });
  });
  const idsOf = async (response: Response) =>
    ((await response.json()) as Served[]).map((td) => td.id);
  const link = (response: Response, rel: string) =>
    new RegExp(`<([^>]*)>; rel="${rel}"`).exec(response.headers.get('link') ?? '')?.[1];

  it('tdd-things-list-only, tdd-things-list-method, tdd-things-list-resp, tdd-things-list-resp-content-type: "The directory MUST allow retrieval of existing TDs using HTTP GET requests at the /things endpoint"; "MUST have 200 (OK) status and an array of TDs"; "MUST contain either application/json or application/ld+json"', async () => {
    const response = await world.fetch('/things');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/ld+json');
    expect(await idsOf(response)).toHaveLength(6);
  });

  it('tdd-things-list-pagination-order-default: "The collection MUST be sorted in ascending order using Unicode code point order by the unique identifier of TDs"', async () => {
    expect(await idsOf(await world.fetch('/things'))).toEqual(inOrder);
  });

  it('tdd-things-list-pagination, tdd-things-list-pagination-limit, tdd-things-list-pagination-header-nextlink: "When there are more TDs after a returned subset of the collection, the response MUST contain a next Link header"', async () => {
    const seen: string[] = [];
    let next: string | undefined = '/things?limit=4';
    while (next !== undefined) {
      const response: Response = await world.fetch(next);
      seen.push(...(await idsOf(response)));
      next = link(response, 'next');
    }
    expect(seen).toEqual(inOrder);
  });

  it('tdd-things-list-pagination-header-nextlink-attr, tdd-things-list-pagination-header-nextlink-base: "The next link MUST include all arguments needed to produce the same set of data": limit and a zero-based offset; "The link MUST be absolute or relative to directory API\'s base URL"', async () => {
    const next = new URL(link(await world.fetch('/things?limit=4'), 'next') ?? '', world.base);
    expect(next.pathname).toBe('/things');
    expect(next.searchParams.get('limit')).toBe('4');
    expect(next.searchParams.get('offset')).toBe('4');
    expect(await idsOf(await world.fetch('/things?offset=4&limit=4'))).toEqual(inOrder.slice(4));
  });

  it('tdd-things-list-pagination-header-canonicallink: "All paged responses MUST contain a canonical Link header pointing to the collection and include an etag parameter"', async () => {
    const etag = async () =>
      /<\/things>; rel="canonical"; etag="([^"]+)"/.exec(
        (await world.fetch('/things?limit=2')).headers.get('link') ?? '',
      )?.[1];
    const before = await etag();
    expect(before).toBeDefined();
    await patch({ title: 'Other' }, '/things/urn:a:1');
    expect(await etag()).toBe(before);
    await world.fetch('/things/urn:a:1', { method: 'DELETE' });
    expect(await etag()).not.toBe(before);
  });

  it('tdd-things-list-pagination-collection: "?format=collection" gives a ThingCollection, "?format=array" the array', async () => {
    const response = await world.fetch('/things?offset=1&limit=2&format=collection');
    const { members, ...collection } = (await response.json()) as { members: Served[] };
    expect(members.map((td) => td.id)).toEqual(inOrder.slice(1, 3));
    expect(collection).toEqual({
      '@context': discovery,
      '@type': 'ThingCollection',
      '@id': '/things?offset=1&limit=2&format=collection',
      total: 6,
      next: link(response, 'next'),
    });
    expect(link(response, 'next')).toContain('format=collection');
    expect(await idsOf(await world.fetch('/things?format=array'))).toEqual(inOrder);
  });

  it('a page out of range is empty, and what is no number is refused', async () => {
    expect(await idsOf(await world.fetch('/things?offset=999999&limit=10'))).toEqual([]);
    for (const query of ['limit=0', 'limit=-1', 'limit=x', 'offset=-1', 'offset=1.5', 'format=xml'])
      await expectProblem(await world.fetch(`/things?${query}`), 400);
    await expectProblem(await world.fetch('/things?limit=1&limit=2'), 400);
  });
});

it('7.3.2.1.5: pages over 10,000 TDs miss none that stays, and repeat none, while others come, change and go', async () => {
  const idOf = (n: number) => `urn:page:${String(n).padStart(5, '0')}`;
  const store = new MemoryStore();
  const value = (one: string) => ({ td: describedThing(one), created: 0 });
  for (let n = 0; n < 10_000; n++) {
    const one = idOf(n * 2);
    await store.put('registered-things', one, value(one), { author: 'test' });
  }
  await using large = await startDirectoryWorld(store);
  const seen: string[] = [];
  const gone = new Set<string>();
  let page = 0;
  let next: string | undefined = '/things?limit=500';
  while (next !== undefined) {
    const response: Response = await large.fetch(next);
    for (const td of (await response.json()) as Served[]) seen.push(td.id);
    next = /<([^>]*)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
    const [come, change, go] = [idOf(page * 2 + 1), idOf(page * 2), idOf(20 * page * 2 + 10)];
    await large.send('PUT', `/things/${come}`, describedThing(come));
    await large.send('PUT', `/things/${change}`, describedThing(change, { title: 'Changed' }));
    await large.fetch(`/things/${go}`, { method: 'DELETE' });
    gone.add(go);
    page++;
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual(seen.toSorted());
  const all = new Set(seen);
  for (let n = 0; n < 10_000; n++) {
    if (!gone.has(idOf(n * 2))) expect(all.has(idOf(n * 2))).toBe(true);
  }
});

describe('7.3.2.1.6 Validation', () => {
  it('tdd-validation-syntactic, tdd-validation-jsonschema, tdd-validation-result, tdd-validation-response: "If the server fails to validate the TD object, it MUST inform the client"; "The validation error MUST be described as Problem Details with an extension field called validationErrors, set to an array of objects with field and description fields"', async () => {
    const { security: _, ...bad } = describedThing(id, {
      title: 7,
      registration: { ttl: 'long' },
      properties: { power: { forms: [{ href: 8 }] } },
    });
    const { validationErrors = [] } = await expectProblem(await put(bad), 400);
    const fields = validationErrors.map(({ field }) => field);
    expect(fields).toEqual(
      expect.arrayContaining([
        '/registration/ttl',
        '/security',
        '/title',
        '/properties/power/forms/0/href',
      ]),
    );
    for (const { description } of validationErrors) expect(description).not.toBe('');
  });
});

describe('7.3.2.2 Events API', () => {
  const subscribe = async (at: string, headers = {}) =>
    (await EventReader.open(world.base + at, headers)).opened();

  it('tdd-notification, tdd-notification-sse: "The Notification API MUST follow the Server-Sent Events specifications to serve events to clients at /events"', async () => {
    await using events = await subscribe('/events');
    expect(events.response.status).toBe(200);
    expect(events.response.headers.get('content-type')).toBe('text/event-stream');
  });

  it('tdd-notification-event-types, tdd-notification-data, tdd-notification-data-td-id: "The server MUST produce events using thing_created, thing_updated, and thing_deleted event types"; "The event data object MUST at least include the identifier of the TD"', async () => {
    await using events = await subscribe('/events');
    await put();
    await patch({ title: 'Two' });
    await world.fetch(path, { method: 'DELETE' });
    for (const event of ['thing_created', 'thing_updated', 'thing_deleted']) {
      expect(await events.next()).toMatchObject({ event, data: JSON.stringify({ id }) });
    }
  });

  it('Things that come, change and go on the bus are told of too', async () => {
    await using events = await subscribe('/events');
    const lamp = defineThing('urn:dev:lamp', { title: 'Lamp' });
    const exposed = await world.servient.expose(lamp);
    await exposed.remove();
    expect((await events.next())?.event).toBe('thing_created');
    expect((await events.next())?.event).toBe('thing_deleted');
  });

  it('tdd-notification-filter-type: "The server MUST support event filtering based on the event type given by the client upon subscription"', async () => {
    await using events = await subscribe('/events/thing_deleted');
    await put();
    await world.fetch(path, { method: 'DELETE' });
    expect((await events.next())?.event).toBe('thing_deleted');
    await expectProblem(await world.fetch('/events/thing_moved'), 404);
    await expectProblem(await world.fetch('/events?diff=maybe'), 400);
  });

  it('tdd-notification-data-create-full, tdd-notification-data-update-diff, tdd-notification-data-update-id, tdd-notification-data-delete-diff: with diff, "the server MAY return the whole TD object"; a merge patch "MUST always include the identifier of the TD"; "The diff query parameter MUST be ignored for thing_deleted events"', async () => {
    await using events = await subscribe('/events?diff=true');
    await put(describedThing(id, { description: 'new' }));
    await clock.advance(1_000);
    await patch({ description: null, title: 'Updated TD' });
    await world.fetch(path, { method: 'DELETE' });
    const data = async () => JSON.parse((await events.next())?.data ?? '');
    expect(await data()).toMatchObject({ id, description: 'new', title: 'Meter' });
    expect(await data()).toEqual({
      id,
      description: null,
      title: 'Updated TD',
      registration: { modified: '2026-01-01T00:00:01.000Z' },
    });
    expect(await data()).toEqual({ id });
  });

  it('tdd-notification-event-id: "Re-connecting clients may continue from the last event by providing the last event ID": all missed events are delivered', async () => {
    let last: string;
    {
      await using events = await subscribe('/events');
      await put();
      last = (await events.next())?.id ?? '';
    }
    for (let n = 0; n < 20; n++) await patch({ title: `n${n}` });
    await using events = await subscribe('/events?diff=true', { 'last-event-id': last });
    await patch({ title: 'live' });
    const titles: unknown[] = [];
    for (let n = 0; n < 21; n++) titles.push(JSON.parse((await events.next())?.data ?? '').title);
    expect(titles).toEqual([...Array.from({ length: 20 }, (_, n) => `n${n}`), 'live']);
  });
});

describe('7.3.2.3 Search API', () => {
  const search = (query: string) => world.fetch(`/search/jsonpath?query=${query}`);

  it('tdd-search-large-tdds: "The JSONPath API must allow searching TDs using an HTTP GET request at /search/jsonpath?query={query}": 200, application/json, "a set of complete TDs or a set of TD fragments"', async () => {
    await put();
    const response = await search(encodeURIComponent("$[?@.title == 'Meter'].id"));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual([id]);
  });

  it('the query may come unescaped, && and all', async () => {
    await put();
    const plain = "$[?(@.title=='Meter'&&@.properties.power)].title";
    expect(await (await search(plain)).json()).toEqual(['Meter']);
    expect(await (await search('$[*]["title"]')).json()).toEqual(['Directory', 'Meter']);
  });

  it('"The request must contain a valid JSONPath": what is none is 400', async () => {
    for (const query of ['', 'nonsense', '$[', '$[?@.a==]', '%24%5B', '$..', '$['.repeat(500)]) {
      await expectProblem(await search(query), 400);
    }
    await expectProblem(await world.fetch('/search/jsonpath'), 400);
  });
});

describe('Things of the bus and their users', () => {
  const lamp = defineThing('urn:dev:lamp', { title: 'Lamp' });
  const at = `/things/${lamp.id}`;

  it('what users add is kept apart, is served with the TD, and survives a re-announcement', async () => {
    const exposed = await world.servient.expose(lamp);
    const metadata = { title: 'Reading lamp', tags: ['den', 'light'], notes: 'left of the sofa' };
    const plain = { 'content-type': 'application/json' };
    expect((await world.send('PUT', `${at}/metadata`, metadata, plain)).status).toBe(204);
    await exposed.remove();
    await world.servient.expose(defineThing(lamp.id, { title: 'Lamp, second firmware' }));
    expect(await (await world.fetch(`${at}/metadata`)).json()).toEqual(metadata);
    expect(await read(at)).toMatchObject({
      title: 'Reading lamp',
      'thingtalk:tags': ['den', 'light'],
      'thingtalk:notes': 'left of the sofa',
    });
    await expectProblem(await world.send('PUT', `${at}/metadata`, { colour: 1 }, plain), 400);
    const stale = { ...plain, 'if-match': '"0"' };
    await expectProblem(await world.send('PUT', `${at}/metadata`, {}, stale), 412);
    expect((await world.send('PUT', `${at}/metadata`, {}, plain)).status).toBe(204);
    expect((await read(at)).title).toBe('Lamp, second firmware');
  });

  it('a Thing that was forgotten is ignored until it is adopted', async () => {
    await world.servient.expose(lamp);
    expect((await world.fetch(`${at}/forget`, { method: 'POST' })).status).toBe(204);
    await expectProblem(await world.fetch(at), 404);
    const announcement = Payload.of({ title: 'Lamp again' });
    await world.bus.publish(`things/${lamp.id}/td`, announcement, { retain: true });
    await expectProblem(await world.fetch(at), 404);
    await expectProblem(await world.fetch('/things/urn:nobody/forget', { method: 'POST' }), 404);
    await expectProblem(await world.fetch(`/things/${self.id}/forget`, { method: 'POST' }), 409);
    expect((await world.fetch(`${at}/adopt`, { method: 'POST' })).status).toBe(204);
    await clock.advance(0);
    expect((await read(at)).title).toBe('Lamp again');
    await expectProblem(await world.fetch(`${at}/adopt`, { method: 'POST' }), 404);
  });
});
