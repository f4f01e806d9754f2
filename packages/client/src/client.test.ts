import type { ThingInit } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Client, connect, ProblemError } from './index.ts';
import { TestGateway } from './testing-gateway.ts';

const lampTd = {
  title: 'Lamp',
  properties: { on: { type: 'boolean' }, level: { type: 'integer' } },
  actions: {},
  events: { overheated: { data: { type: 'number' } } },
} as const satisfies ThingInit;

test('a client lists the Things and reads one', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  expect((await client.things()).map(({ title }) => title)).toEqual(['Lamp']);
  expect((await client.thing(gateway.id)).id).toBe(gateway.id);
});

test('a list of Things is followed page by page', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  gateway.routes.set('GET /things', (response) => {
    response.setHeader('Link', '</things>; rel="canonical", </things?offset=1>; rel="next"');
    response.end(JSON.stringify([{ title: 'A' }]));
  });
  gateway.routes.set('GET /things?offset=1', (response) =>
    response.end(JSON.stringify([{ title: 'B' }])),
  );
  expect((await client.things()).map(({ title }) => title)).toEqual(['A', 'B']);
});

test('properties are read and written, one and many', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume({ id: gateway.id, td: lampTd });
  expect(await lamp.readProperty('on')).toBe(true);
  await lamp.writeProperty('level', 7);
  await lamp.writeMultipleProperties({ on: false });
  expect(await lamp.readAllProperties()).toEqual({ on: false, level: 7 });
});

test('a gateway that is not there is named with the reason', async () => {
  const gateway = await TestGateway.start();
  await gateway.kill();
  const refused = connect(gateway.url);
  await expect(refused).rejects.toMatchObject({ name: 'gateway-unreachable', status: 503 });
  await expect(refused).rejects.toThrow(/ECONNREFUSED/);
});

test('a gateway that does not answer in time is silent', async () => {
  await using gateway = await TestGateway.start();
  gateway.routes.set('GET /.well-known/wot', () => {});
  await expect(connect(gateway.url, { timeoutMs: 20 })).rejects.toMatchObject({
    name: 'gateway-silent',
    detail: `no answer to GET ${gateway.url}/.well-known/wot within 20 ms`,
  });
});

test("a call that is given up rejects with the signal's reason", async () => {
  await using gateway = await TestGateway.start();
  gateway.routes.set('GET /things', () => {});
  using client = await connect(gateway.url);
  const giveUp = new AbortController();
  const things = client.things({ signal: giveUp.signal });
  giveUp.abort(new Error('enough'));
  await expect(things).rejects.toThrow('enough');
});

test("a refusal keeps the gateway's name, status, detail and places", async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  const problem = {
    type: 'urn:thingtalk:problem:data-schema-mismatch',
    title: 'The value does not fit its data schema',
    status: 400,
    detail: "'high' is not an integer",
    instance: '/things/urn:test:lamp/properties/level',
    validationErrors: [{ field: '', description: 'must be integer' }],
  };
  gateway.routes.set(`PUT /things/${gateway.id}/properties/level`, (response) =>
    response.writeHead(400).end(JSON.stringify(problem)),
  );
  const error = await lamp.writeProperty('level', 'high').catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ProblemError);
  expect(error).toMatchObject({ name: 'data-schema-mismatch', message: problem.detail });
  expect(JSON.parse(JSON.stringify(error))).toEqual(problem);
});

test('an answer that is no JSON is called invalid, with how it begins', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  gateway.routes.set('GET /things', (response) => response.end('<html>'));
  await expect(client.things()).rejects.toMatchObject({
    name: 'answer-invalid',
    detail: `GET ${gateway.url}/things gave no JSON but "<html>"`,
  });
});

test('whatever a server answers becomes a result or a ProblemError', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  const bodies = fc.oneof(fc.json(), fc.string());
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 200, max: 599 }), bodies, async (status, body) => {
      const answer = status < 300 || status >= 400 ? status : 200;
      gateway.routes.set('POST /fade', (response) => response.writeHead(answer).end(body));
      const run = await lamp.invokeAction('fade', 1).catch((error: unknown) => error);
      expect(run instanceof ProblemError || answer < 300).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('a program that describes a Thing otherwise than it is served is told where', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const td = {
    title: 'Lamp',
    properties: { on: { type: 'string' }, 'a/b': { type: 'boolean' } },
  } as const satisfies ThingInit;
  await expect(client.consume({ id: gateway.id, td })).rejects.toMatchObject({
    name: 'td-invalid',
    validationErrors: [
      { field: '/properties/on/type', description: 'is boolean, not string' },
      { field: '/properties/a~1b', description: 'is missing' },
    ],
  });
});

test('names that are not in the Thing Description are refused without asking', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  const asked = gateway.requests.length;
  for (const name of ['colour', '__proto__', 'constructor', '']) {
    await expect(lamp.readProperty(name)).rejects.toMatchObject({ name: 'property-not-found' });
    await expect(lamp.invokeAction(name)).rejects.toMatchObject({ name: 'action-not-found' });
    await expect(lamp.subscribeEvent(name, () => {})).rejects.toThrow(/it has: overheated/);
  }
  expect(gateway.requests.length).toBe(asked);
});

test('what can only be read is not written, and what can only be written is not read', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  await expect(lamp.writeProperty('power', 1)).rejects.toMatchObject({
    name: 'property-read-only',
    status: 403,
  });
  await expect(lamp.readProperty('pin')).rejects.toMatchObject({ name: 'property-write-only' });
});

test.each(['', 'lamp', 'ftp://127.0.0.1', 'ws://127.0.0.1:8080'])(
  "'%s' is refused as the URL of a gateway",
  (url) => {
    expect(() => new Client(url)).toThrow(/is not the URL of a gateway/);
  },
);

test('a gateway behind a path is asked below that path', async () => {
  await using gateway = await TestGateway.start();
  gateway.routes.set('GET /house/things', (response) => response.end('[]'));
  using client = new Client(`${gateway.url}/house?x=1#y`);
  expect(await client.things()).toEqual([]);
});
