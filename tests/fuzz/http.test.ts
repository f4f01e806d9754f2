import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HttpWorld, lamp, startHttpWorld } from '../support/http-world.ts';

const path = `/things/${lamp.id}`;
let world: HttpWorld;

beforeAll(async () => {
  world = await startHttpWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const state = async () => (await world.fetch(`${path}/properties`)).json();
const initial = { on: true, brightness: 50, power: 7.5 };

/** A refusal names what was wrong: 4xx (503 for a value that is unknown), RFC 9457, and nothing changed. */
async function expectRefusal(response: Response): Promise<void> {
  const body = await response.text();
  expect([response.status, body]).toSatisfy(
    ([status]) => (status >= 400 && status < 500) || status === 503,
  );
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = JSON.parse(body) as { status: number; detail: string; type: string };
  expect(problem.status).toBe(response.status);
  expect(problem.detail.length).toBeGreaterThan(5);
  expect(problem.type).toMatch(/^urn:thingtalk:problem:/);
  expect(await state()).toEqual(initial);
}

const put = (part: string, body: string, type = 'application/json') =>
  world.fetch(path + part, { method: 'PUT', headers: { 'content-type': type }, body });

const isBrightness = (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 100;

it('a value that does not fit is refused, and nothing changes', async () => {
  const misfit = fc.jsonValue().filter((value) => !isBrightness(value));
  await fc.assert(
    fc.asyncProperty(misfit, async (value) => {
      await expectRefusal(await put('/properties/brightness', JSON.stringify(value)));
    }),
    { numRuns: 60 },
  );
});

it('whatever is preferred, a Thing that is there is written to', async () => {
  const prefer = fc.oneof(
    fc.stringMatching(/^[\t -~]{0,60}$/),
    fc.stringMatching(/^(respond-async|wait ?= ?"?\d{0,12}"?|[;,="\\ ]){0,8}$/),
  );
  await fc.assert(
    fc.asyncProperty(prefer, async (text) => {
      const headers = { prefer: text };
      const answer = await world.send('PUT', `${path}/properties/brightness`, 50, headers);
      expect(answer.status).toBe(204);
    }),
    { numRuns: 60 },
  );
});

it('several values are refused as one when any does not fit, is unknown or read-only', async () => {
  const bad = fc.oneof(
    fc.record({ on: fc.constant(false), brightness: fc.string() }),
    fc.record({ on: fc.constant(false), power: fc.double({ noNaN: true }) }),
    fc
      .string()
      .filter((name) => !['on', 'brightness', 'pin'].includes(name))
      .map((name) => ({ on: false, [name]: 1 })),
  );
  await fc.assert(
    fc.asyncProperty(bad, async (values) => {
      await expectRefusal(await put('/properties', JSON.stringify(values)));
    }),
    { numRuns: 60 },
  );
});

it.each([
  ['__proto__', '{"__proto__": {"on": false}, "on": false}'],
  ['constructor', '{"constructor": 1, "on": false}'],
  ['toString', '{"toString": 1}'],
  ['a list', '[1]'],
  ['nothing', ''],
])('writing %s into the properties is refused', async (_, body) => {
  await expectRefusal(await put('/properties', body));
});

it('text that is not JSON, or not UTF-8, is refused with 400', async () => {
  const notJson = fc.string({ minLength: 1 }).filter((body) => {
    try {
      JSON.parse(body);
      return false;
    } catch {
      return true;
    }
  });
  await fc.assert(
    fc.asyncProperty(notJson, async (body) => {
      await expectRefusal(await put('/properties/on', body));
    }),
    { numRuns: 40 },
  );
  const response = await world.fetch(`${path}/properties/on`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: new Uint8Array([0x22, 0xff, 0xfe, 0x22]),
  });
  await expectRefusal(response);
});

it.each([
  ['deeper than 32', '['.repeat(33) + ']'.repeat(33), 400],
  ['100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000), 400],
  [
    'with more than 1,000 members',
    JSON.stringify(Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [i, i]))),
    400,
  ],
  ['larger than 256 KiB', JSON.stringify('x'.repeat(256 * 1024)), 413],
])('a body %s is refused', async (_, body, status) => {
  const response = await put('/properties/on', body);
  expect(response.status).toBe(status);
  await expectRefusal(response);
});

it('a body of exactly 256 KiB is read', async () => {
  const body = JSON.stringify('x'.repeat(256 * 1024 - 2));
  const response = await put('/properties/on', body);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    type: 'urn:thingtalk:problem:data-schema-mismatch',
  });
});

it.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'nonsense', ''])(
  'a body of type %j is refused with 415',
  async (type) => {
    const response = await put('/properties/on', 'false', type);
    expect(response.status).toBe(415);
    await expectRefusal(response);
  },
);

it('unknown Things, affordances, runs and methods are refused under any name', async () => {
  const segment = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    .filter((name) => name !== '.' && name !== '..' && name.isWellFormed())
    .map(encodeURIComponent);
  const address = fc.oneof(
    segment.map((id) => `/things/${id}/properties/on`),
    segment.map((id) => `/things/${id}`),
    fc.constantFrom('__proto__', 'constructor', '%00', '%2F').map((id) => `/things/${id}`),
    segment.map((name) => `${path}/properties/x${name}`),
    segment.map((name) => `${path}/actions/x${name}`),
    segment.map((name) => `${path}/events/x${name}`),
    segment.map((run) => `${path}/actions/fade/${run}`),
    fc.constantFrom('__proto__', 'constructor').map((name) => `${path}/properties/${name}`),
  );
  const method = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'PATCH');
  await fc.assert(
    fc.asyncProperty(address, method, async (where, how) => {
      await expectRefusal(await world.fetch(where, { method: how }));
    }),
    { numRuns: 150 },
  );
});

it('405 names what is allowed', async () => {
  const response = await world.fetch(`${path}/properties/on`, { method: 'DELETE' });
  expect(response.headers.get('allow')).toBe('GET, PUT, HEAD, OPTIONS');
  await expectRefusal(response);
  expect((await world.fetch(path, { method: 'OPTIONS' })).status).toBe(204);
});

/** Writes raw bytes, half-closes, and gives back all that comes. */
async function raw(request: string): Promise<string> {
  const socket = connect(world.port, '127.0.0.1');
  socket.end(request);
  return text(socket);
}

async function expectRawRefusal(request: string, status: number): Promise<void> {
  const answer = await raw(request);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(answer).toMatch(/content-type: application\/problem\+json/i);
  const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
  expect(JSON.parse(body)).toMatchObject({ status });
  expect(await state()).toEqual(initial);
}

it.each([
  ['nonsense', 'what is this\r\n\r\n', 400],
  ['badly encoded address', 'GET /things/%ZZ HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['no Host', 'GET /things HTTP/1.1\r\n\r\n', 400],
  ['a Host that is none', 'GET /things HTTP/1.1\r\nHost: a/b\r\n\r\n', 400],
  ['headers too large', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`, 431],
  ['an address too long', `GET /${'x'.repeat(9_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
  ['a name too long', `GET /things/${'x'.repeat(3_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
  [
    'two lengths',
    'PUT /things HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
    400,
  ],
  [
    'length and chunks',
    'PUT /things HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['an unknown expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n', 400],
])('%s is answered with a problem', async (_, request, status) => {
  await expectRawRefusal(request, status);
});

it('half a request changes nothing and harms nobody', async () => {
  const whole = `PUT ${path}/properties/on HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nfalse`;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (cut) => {
      await raw(whole.slice(0, cut));
      expect(await state()).toEqual(initial);
    }),
    { numRuns: 40 },
  );
});
