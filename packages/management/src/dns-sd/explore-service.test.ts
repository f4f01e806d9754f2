import type { RequestListener } from 'node:http';
import { silentLogger } from '@thingtalk/core';
import { expect, test } from 'vitest';
import { directoryLimits, exploreService } from './explore-service.ts';
import type { FoundThing } from './found-thing.ts';
import { Allowance } from './retrieve.ts';
import { describedThing, startDevice } from './testing-device.ts';
import type { WotService } from './wot-service.ts';

const lamp = describedThing('urn:dev:lamp');

const answer =
  (body: unknown, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(200, headers);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

async function explore(
  service: WotService,
  { signal = AbortSignal.timeout(10_000), bytes = 8_000_000 } = {},
): Promise<readonly FoundThing[]> {
  const options = { signal, logger: silentLogger, allowance: new Allowance(bytes) };
  const found: FoundThing[] = [];
  for await (const thing of exploreService(service, options)) found.push(thing);
  return found;
}

test('the Thing Description of a service is read, with a base where it named none', async () => {
  await using device = await startDevice(answer(lamp));
  const [found] = await explore(device.service('/td'));
  expect(found).toMatchObject({ id: 'urn:dev:lamp', title: 'Thing urn:dev:lamp' });
  expect(JSON.parse(found?.json ?? '')).toEqual({
    ...lamp,
    base: `http://127.0.0.1:${device.port}/td`,
  });
});

test('a Thing without an id gets one, the same each time', async () => {
  const { id: _, ...anonymous } = lamp;
  await using device = await startDevice(answer(anonymous));
  const [first] = await explore(device.service('/td'));
  const [again] = await explore(device.service('/td'));
  const [other] = await explore(device.service('/other'));
  expect(first?.id).toMatch(/^urn:uuid:[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-/);
  expect(again?.id).toBe(first?.id);
  expect(other?.id).not.toBe(first?.id);
});

test.each<[string, RequestListener]>([
  ['HTML', answer('<!doctype html><title>Router</title>', { 'content-type': 'text/html' })],
  ['nothing', answer('')],
  ['a number', answer('7')],
  ['bytes that are no text', (_request, response) => response.end(Buffer.from([0xff, 0xfe, 0x00]))],
  ['JSON that is no Thing Description', answer({ title: 'Lamp' })],
  ['JSON nested too deep', answer('['.repeat(100_000))],
  ['an error', (_request, response) => response.writeHead(500).end(JSON.stringify(lamp))],
  [
    'a body cut short',
    (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"title": ', () => response.destroy());
    },
  ],
  ['no HTTP', (request) => void request.socket.end('SSH-2.0-dropbear\r\n')],
  ['a closed connection', (request) => void request.socket.destroy()],
])('who answers %s is not offered', async (_what, listener) => {
  await using device = await startDevice(listener);
  expect(await explore(device.service())).toEqual([]);
});

test('nobody is led elsewhere: a redirect is not followed', async () => {
  await using elsewhere = await startDevice(answer(lamp));
  await using device = await startDevice((_request, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${elsewhere.port}/td` }).end();
  });
  expect(await explore(device.service())).toEqual([]);
  expect(elsewhere.asked).toEqual([]);
});

test('a body without end is given up once it is too large', async () => {
  await using device = await startDevice((_request, response) => {
    const chunk = Buffer.alloc(64 * 1024, ' ');
    const pour = () => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', pour);
    };
    pour();
  });
  expect(await explore(device.service())).toEqual([]);
});

test('no more is read of one address than it may cost', async () => {
  await using device = await startDevice(answer(lamp));
  expect(await explore(device.service(), { bytes: 20 })).toEqual([]);
});

test('who never answers is given up', async () => {
  await using device = await startDevice(() => {});
  expect(await explore(device.service(), { signal: AbortSignal.timeout(50) })).toEqual([]);
});

test('a port that nobody listens on is no failure', async () => {
  const device = await startDevice(answer(lamp));
  const service = device.service();
  await device[Symbol.asyncDispose]();
  expect(await explore(service)).toEqual([]);
});

const things = Array.from({ length: 250 }, (_one, index) =>
  describedThing(`urn:dev:thing-${index}`, { registration: { expires: '2001-01-01T00:00:00Z' } }),
);

/** A directory that gives its list in pages. */
const paged =
  (directory: object, list: readonly object[], linkBase = ''): RequestListener =>
  (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    if (pathname === '/td') {
      response.end(JSON.stringify(directory));
      return;
    }
    const limit = Number(searchParams.get('limit') ?? list.length);
    const offset = Number(searchParams.get('offset') ?? 0);
    const next = offset + limit;
    const link = `<${linkBase}${pathname}?offset=${next}&limit=${limit}>; rel="next"`;
    response.writeHead(200, next < list.length ? { link } : {});
    response.end(JSON.stringify(list.slice(offset, next)));
  };

const directory = describedThing('urn:dev:directory', { '@type': 'ThingDirectory' });

test('of a directory all Things are found, page by page (WoT Discovery 7.3.2.1)', async () => {
  await using device = await startDevice(paged(directory, things));
  const found = await explore(device.service('/td', 'Directory'));
  expect(found.map(({ id }) => id)).toEqual(['urn:dev:directory', ...things.map(({ id }) => id)]);
  expect(found[1]?.href).toBe(`http://127.0.0.1:${device.port}/things/urn%3Adev%3Athing-0`);
  // What another directory says of its own registrations is not for ours.
  expect(JSON.parse(found[1]?.json ?? '')).not.toHaveProperty('registration');
});

test('the list is where the directory says it is, and in a collection too', async () => {
  const described = describedThing('urn:dev:directory', {
    properties: {
      things: { type: 'array', forms: [{ href: '/list{?offset,limit}' }] },
    },
  });
  await using device = await startDevice((request, response) => {
    const isList = request.url?.startsWith('/list?');
    response.end(JSON.stringify(isList ? { members: things.slice(0, 2) } : described));
  });
  const found = await explore(device.service('/td', 'Directory'));
  expect(found.map(({ id }) => id)).toEqual([
    'urn:dev:directory',
    'urn:dev:thing-0',
    'urn:dev:thing-1',
  ]);
});

test('a directory leads nowhere else: neither its list nor a next page is fetched elsewhere', async () => {
  await using elsewhere = await startDevice(answer(things));
  const base = `http://127.0.0.1:${elsewhere.port}`;
  const described = describedThing('urn:dev:directory', {
    properties: { things: { type: 'array', forms: [{ href: `${base}/things` }] } },
  });
  await using device = await startDevice(paged(described, things, base));
  const found = await explore(device.service('/td', 'Directory'));
  expect(found).toHaveLength(101);
  expect(elsewhere.asked).toEqual([]);
});

test('a directory without end is read up to a limit', async () => {
  await using device = await startDevice((request, response) => {
    if (request.url === '/td') {
      response.end(JSON.stringify(directory));
      return;
    }
    response.writeHead(200, { link: `</things?again=${device.asked.length}>; rel="next"` });
    response.end(JSON.stringify(things.slice(0, 100)));
  });
  const found = await explore(device.service('/td', 'Directory'), { bytes: 64_000_000 });
  expect(found).toHaveLength(1 + directoryLimits.things);
});

test('one bad Thing in a list does not hide the others', async () => {
  const list = [{ title: 'no description' }, things[0], 7, null, things[1]] as object[];
  await using device = await startDevice(paged(directory, list));
  const found = await explore(device.service('/td', 'Directory'));
  expect(found.map(({ id }) => id)).toEqual([
    'urn:dev:directory',
    'urn:dev:thing-0',
    'urn:dev:thing-1',
  ]);
});
