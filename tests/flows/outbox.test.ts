import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Servient, silentLogger } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import { type GatewaySettings, startGateway } from '@thingtalk/gateway';
import { openSqlite } from '@thingtalk/storage';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { root } from '../architecture/house.ts';
import { counter } from '../support/counter.ts';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { hasMosquitto, startMosquitto } from '../support/mosquitto.ts';
import { kill9 } from '../support/mosquitto-tools.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thingtalk-outbox-'));
});

afterEach(() => rm(folder, { recursive: true }));

const place = (name: string) => join(folder, name);
const start = (settings: Partial<GatewaySettings>) =>
  startGateway(
    {
      httpPort: 0,
      mqttPort: 0,
      data: place('gateway'),
      discovery: 'off',
      security: 'demo',
      ...settings,
    },
    { logger: silentLogger },
  );

/** What the gateway has stored of the counter's events, once it has ended. */
async function counted(): Promise<readonly unknown[]> {
  await using storage = await openSqlite({ directory: place('gateway') });
  const events = await storage.journal.events(counter.id, { limit: 1_000 });
  return events.map(({ data }) => data);
}

const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);

async function expose(url: string) {
  const bus = await MqttBus.connect(url, { retryMs: { first: 20, longest: 100 } });
  const thing = await new Servient({ bus }).expose(counter);
  let last = 0;
  return {
    thing,
    count(times: number): void {
      for (let n = 0; n < times; n++) thing.emit('counted', ++last);
    },
    async [Symbol.asyncDispose]() {
      await thing.drain();
      await bus.drain();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('what a Thing says while nobody listens', () => {
  test('is all there afterwards, once and in order: the gateway was away, and its broker with it', async () => {
    const mqttPort = await freePort();
    const first = await start({ mqttPort });
    await using device = await expose(first.mqttUrl);
    device.count(3);
    await device.thing.stored();
    await first.drain();
    device.count(100);
    {
      await using _second = await start({ mqttPort });
      device.count(5);
      await device.thing.stored();
    }
    expect(await counted()).toEqual(upTo(108));
  }, 60_000);

  test.skipIf(!hasMosquitto())(
    'is all there afterwards, once and in order: only the gateway was away, the broker was not',
    async () => {
      await using mosquitto = await startMosquitto();
      const first = await start({ broker: mosquitto.url });
      await using device = await expose(mosquitto.url);
      device.count(3);
      await device.thing.stored();
      await first.drain();
      device.count(100);
      {
        await using gateway = await start({ broker: mosquitto.url });
        device.count(5);
        await device.thing.stored();
        expect(gateway.things.find(counter.id)?.property('level')?.value).toBe(0);
      }
      expect(await counted()).toEqual(upTo(108));
    },
    60_000,
  );

  test('is trimmed by a gateway that keeps nothing, too: nothing waits for ever', async () => {
    await using gateway = await start({ database: 'none' });
    await using device = await expose(gateway.mqttUrl);
    device.count(10);
    await device.thing.stored();
  }, 30_000);
});

/** A counter in a process of its own; disposing of it kills it. */
function startCounter(url: string, first: number, last: number, ...level: number[]) {
  const program = join(root, 'tests/support/counter-process.ts');
  const args = ['-C', '@thingtalk/source', program, url, place('counter')].concat(
    [first, last, ...level].map(String),
  );
  const child: ChildProcess = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const heard = new Set<string>();
  let wake = () => {};
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      heard.add(line);
      wake();
    });
  }
  return {
    async says(word: string): Promise<void> {
      while (!heard.has(word)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    kill: () => kill9(child),
    [Symbol.asyncDispose]: () => kill9(child),
  };
}

describe.skipIf(!hasMosquitto())('a Thing with a memory on disk', () => {
  test('that is killed with events nobody has heard says them in its next life, before newer ones', async () => {
    await using mosquitto = await startMosquitto();
    for (const first of [1, 51]) {
      await using life = startCounter(mosquitto.url, first, first + 49);
      await life.says('counted');
      await life.kill();
    }
    {
      await using _gateway = await start({ broker: mosquitto.url });
      await using last = startCounter(mosquitto.url, 101, 110);
      await last.says('stored');
    }
    expect(await counted()).toEqual(upTo(110));
  }, 60_000);

  test('that spoke and died while no gateway listened is shown as the broker has it, until it comes back', async () => {
    await using mosquitto = await startMosquitto();
    {
      await using listener = await MqttBus.connect(mosquitto.url);
      const said = Promise.withResolvers<void>();
      await listener.subscribe(`things/${counter.id}/values`, ({ payload }) => {
        if (payload.text().includes('"level":7')) said.resolve();
      });
      await using life = startCounter(mosquitto.url, 1, 50, 7);
      await said.promise;
      await life.kill();
    }
    {
      await using gateway = await start({ broker: mosquitto.url });
      const shown = () => gateway.things.readProperty(counter.id, 'level');
      await expect.poll(shown).toMatchObject({ value: 7, confirmed: false });
      await using last = startCounter(mosquitto.url, 51, 60);
      await last.says('stored');
      expect(await shown()).toMatchObject({ value: 7, confirmed: true });
    }
    expect(await counted()).toEqual(upTo(60));
  }, 60_000);

  test('keeps what was written to it, and ends the runs that its death cut short', async () => {
    await using mosquitto = await startMosquitto();
    await using gateway = await start({ broker: mosquitto.url });
    const { things } = gateway;
    {
      await using life = startCounter(mosquitto.url, 1, 1);
      await life.says('stored');
      await things.writeProperties(counter.id, { level: 7 });
      await things.invokeAction(counter.id, 'wait', undefined, { id: 'long' });
    }
    await using next = startCounter(mosquitto.url, 2, 2);
    await next.says('stored');
    expect(things.find(counter.id)?.property('level')?.value).toBe(7);
    expect(things.queryAction(counter.id, 'wait', 'long')).toMatchObject({ status: 'failed' });
  }, 60_000);
});

const light = '/things/urn:thingtalk:virtual:living-room-light/properties';
const thermostat = '/things/urn:thingtalk:virtual:living-room-thermostat/properties';
const meter = '/things/urn:thingtalk:virtual:energy-meter/properties/energy';

async function put(url: string, value: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(value) });
  expect(answer.status).toBe(204);
}

const get = async (url: string) => (await fetch(url)).json();

test('a house whose gateway is killed is as it was when that is started again', async () => {
  const run = { data: place('house'), flags: ['--virtual-house'] };
  const changed = { on: false, brightness: 33, color: '#123456' };
  let energy = 0;
  {
    await using first = await startGatewayProcess(run);
    await put(first.http + light, changed);
    await put(`${first.http}${thermostat}/targetTemperature`, 17.5);
    energy = Number(await get(first.http + meter));
    await first.kill9();
  }
  await using second = await startGatewayProcess(run);
  expect(await get(second.http + light)).toMatchObject({ ...changed, colorMode: 'color' });
  expect(await get(`${second.http}${thermostat}/targetTemperature`)).toBe(17.5);
  expect(Number(await get(second.http + meter))).toBeGreaterThanOrEqual(energy);
}, 60_000);

test('a Thing that a program hands to its gateway begins with the values it had', async () => {
  const settings = {
    httpPort: 0,
    mqttPort: 0,
    data: place('gateway'),
    discovery: 'off',
    security: 'demo',
  } as const;
  const parts = { expose: [counter], logger: silentLogger };
  {
    await using gateway = await startGateway(settings, parts);
    await gateway.things.writeProperties(counter.id, { level: 12 });
  }
  await using gateway = await startGateway(settings, parts);
  expect(gateway.things.find(counter.id)?.property('level')?.value).toBe(12);
}, 30_000);
