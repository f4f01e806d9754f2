import { type Client, type ConnectionStatus, connect, type ProblemError } from '@thingtalk/client';
import { defineThing, silentLogger } from '@thingtalk/core';
import { startGateway } from '@thingtalk/gateway';
import { expect, test, vi } from 'vitest';
import { CutProxy } from '../support/cut-proxy.ts';
import { startGatewayWorld } from '../support/gateway-world.ts';
import { SocketClient } from '../support/socket-client.ts';
import { WtpClient } from '../support/socket-world.ts';

const dimmer = defineThing(
  'urn:test:dimmer',
  {
    title: 'Dimmer',
    properties: {
      on: { type: 'boolean' },
      level: { type: 'integer', minimum: 0, maximum: 100, unit: 'percent' },
      power: { type: 'number', unit: 'watt', readOnly: true },
    },
    actions: {
      fade: {
        input: {
          type: 'object',
          properties: { level: { type: 'integer' }, ms: { type: 'integer' } },
          required: ['level', 'ms'],
        },
        output: { type: 'integer' },
      },
      warm: { input: { type: 'integer' } },
    },
    events: { overheated: { data: { type: 'number', unit: 'degree celsius' } } },
  },
  {
    initial: { on: false, level: 50, power: 1.5 },
    actions: {
      warm(degrees, { thing }) {
        thing.report('level', degrees);
        thing.emit('overheated', degrees);
      },
      async fade({ level, ms }, run) {
        run.progress(0.5);
        await run.delay(ms);
        run.thing.report('level', level);
        run.thing.emit('overheated', 102);
        return level;
      },
    },
  },
);

const fast = { firstMs: 1, maximumMs: 20 };

function reached(client: Client, state: ConnectionStatus['state']): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = client.onStatus((status) => status.state === state && resolve());
  return promise.finally(stop);
}

test('a typed Thing is read, written, invoked, observed and heard', async () => {
  await using world = await startGatewayWorld({}, { expose: [dimmer] });
  await using client = await connect(world.gateway.httpUrl);
  expect((await client.things()).map(({ id }) => id)).toContain(dimmer.id);
  const thing = await client.consume(dimmer);
  const levels: number[] = [];
  const heat: number[] = [];
  await thing.observeProperty('level', (level) => levels.push(level));
  await thing.subscribeEvent('overheated', (degrees) => heat.push(degrees));
  await thing.observeAll();
  await thing.writeProperty('level', 40);
  await thing.writeMultipleProperties({ on: true, level: 30 });
  expect(await thing.readAllProperties({ fresh: true })).toEqual({
    on: true,
    level: 30,
    power: 1.5,
  });
  const run = await thing.invokeAction('fade', { level: 7, ms: 20 });
  expect(await run.ended).toBe(7);
  await vi.waitFor(() => expect(heat).toEqual([102]));
  expect(levels).toEqual([50, 40, 30, 7]);
  expect(thing.live).toEqual({ on: true, level: 7, power: 1.5 });
});

test('a run is cancelled, and its end says so', async () => {
  await using world = await startGatewayWorld({}, { expose: [dimmer] });
  await using client = await connect(world.gateway.httpUrl);
  const run = await (await client.consume(dimmer)).invokeAction('fade', { level: 1, ms: 60_000 });
  const { ended } = run;
  await run.cancel();
  await expect(ended).rejects.toMatchObject({ name: 'action-cancelled' });
});

test("the gateway's refusals keep their names over HTTP and over the socket", async () => {
  await using world = await startGatewayWorld({}, { expose: [dimmer] });
  await using client = await connect(world.gateway.httpUrl);
  await expect(client.consume('urn:test:nobody')).rejects.toMatchObject({
    name: 'thing-not-found',
    status: 404,
  });
  const thing = await client.consume(dimmer);
  await expect(thing.writeProperty('level', 101)).rejects.toMatchObject({
    name: 'data-schema-mismatch',
    status: 400,
  });
  await expect(thing.invokeAction('fade', { level: 1 } as never)).rejects.toMatchObject({
    name: 'data-schema-mismatch',
  });
});

test('after a gateway is gone and back, listeners hold its values and hear what follows', async () => {
  await using world = await startGatewayWorld({ database: 'none' }, { expose: [dimmer] });
  const { settings, httpUrl } = world.gateway;
  await using client = await connect(httpUrl, { backoff: fast });
  const thing = await client.consume(dimmer);
  const levels: number[] = [];
  await thing.observeProperty('level', (level) => levels.push(level));
  const lost = reached(client, 'waiting');
  await world.gateway.drain();
  await lost;
  const changed = defineThing(dimmer.id, dimmer.td, { initial: { level: 99 } });
  const httpPort = Number(new URL(httpUrl).port);
  await using _again = await startGateway(
    { ...settings, httpPort },
    { expose: [changed], logger: silentLogger },
  );
  await vi.waitFor(() => expect(levels).toEqual([50, 99]), { timeout: 10_000 });
  await thing.writeProperty('level', 3);
  await vi.waitFor(() => expect(levels).toEqual([50, 99, 3]));
});

test('a client that lost its socket hears each of 50 events once, in order, and the last of 50 values', async () => {
  await using world = await startGatewayWorld({}, { expose: [dimmer] });
  await using proxy = await CutProxy.to(Number(new URL(world.gateway.httpUrl).port));
  const problems: ProblemError[] = [];
  const onProblem = (problem: ProblemError) => problems.push(problem);
  await using client = await connect(proxy.url, { backoff: fast, onProblem });
  const thing = await client.consume(dimmer);
  const [heat, all, levels]: [number[], number[], number[]] = [[], [], []];
  await thing.subscribeEvent('overheated', (degrees) => heat.push(degrees));
  await thing.subscribeAllEvents(({ data }) => all.push(data));
  await thing.observeProperty('level', (level) => levels.push(level));
  const lost = reached(client, 'waiting');
  proxy.cut();
  await lost;
  await using witness = await connect(world.gateway.httpUrl);
  const same = await witness.consume(dimmer);
  const degrees = Array.from({ length: 50 }, (_, n) => n);
  for (const each of degrees) await (await same.invokeAction('warm', each)).ended;
  proxy.mend();
  await vi.waitFor(() => expect(levels.at(-1)).toBe(49), { timeout: 10_000 });
  await vi.waitFor(() => expect([heat, all]).toEqual([degrees, degrees]));
  expect(problems).toEqual([]);
});

test('an id heard at one door resumes at the other: the Web Thing Protocol and HTTP share one log', async () => {
  await using world = await startGatewayWorld({}, { expose: [dimmer] });
  const { httpUrl } = world.gateway;
  const open = async () =>
    new WtpClient(
      await SocketClient.open(`${httpUrl.replace('http', 'ws')}/ws`, 'webthingprotocol'),
    );
  const overheated = { thingID: dimmer.id, name: 'overheated' };
  await using first = await open();
  await first.ask('subscribeevent', overheated);
  await using client = await connect(httpUrl);
  const thing = await client.consume(dimmer);
  for (const degrees of [1, 2, 3]) await (await thing.invokeAction('warm', degrees)).ended;
  const { messageID } = await first.heard();
  const poll = await world.fetch(`/things/${dimmer.id}/events/overheated/subscribe`, {
    headers: { 'last-event-id': String(messageID) },
  });
  expect(await poll.json()).toBe(2);
  await using second = await open();
  const lastNotificationID = poll.headers.get('last-event-id');
  await second.ask('subscribeevent', { ...overheated, lastNotificationID });
  expect(await second.heard()).toMatchObject({ data: 3 });
});

test('200 writes by one client end with the same value at ten others', async () => {
  await using world = await startGatewayWorld({}, { expose: [dimmer] });
  await using stack = new AsyncDisposableStack();
  const connected = async () => stack.use(await connect(world.gateway.httpUrl));
  const watchers = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const thing = await (await connected()).consume(dimmer);
      await thing.observeAll();
      return thing;
    }),
  );
  const writer = await (await connected()).consume(dimmer);
  for (let n = 0; n < 200; n++) await writer.writeProperty('level', n % 101);
  await vi.waitFor(() =>
    expect(watchers.map(({ live }) => live.level)).toEqual(Array(10).fill(98)),
  );
});
