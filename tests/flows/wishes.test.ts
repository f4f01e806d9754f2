import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { defineThing, type ExposedThing, Servient } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import { startPostgres } from '@thingtalk/storage/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { root } from '../architecture/house.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts';
import { startGatewayWorld } from '../support/gateway-world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const lamp = defineThing(
  'urn:dev:wish-lamp',
  {
    title: 'Lamp',
    properties: {
      on: { type: 'boolean' },
      level: { type: 'integer', minimum: 0, maximum: 100 },
      power: { type: 'number', readOnly: true },
      pin: { type: 'string', writeOnly: true },
    },
  },
  { initial: { on: false, level: 50 } },
);
const thing = `/things/${lamp.id}`;
const level = `${thing}/properties/level`;
const later = { prefer: 'respond-async' };

/** The lamp on a broker, and a record of what it was told. */
interface Lamp extends AsyncDisposable {
  readonly exposed: ExposedThing<(typeof lamp)['td']>;
  readonly told: unknown[];
}

async function plugIn(mqtt: string): Promise<Lamp> {
  await using stack = new AsyncDisposableStack();
  const bus = stack.use(await MqttBus.connect(mqtt));
  const told: unknown[] = [];
  await bus.subscribe(`things/${lamp.id}/set/#`, ({ payload }) => told.push(payload.json()));
  const servient = stack.use(new Servient({ bus }));
  const exposed = await servient.expose(lamp);
  const owned = stack.move();
  return { exposed, told, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Requests to a gateway. */
class Door {
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.#base + path, init);
  }

  put(path: string, value: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(path, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(value),
    });
  }

  async status(): Promise<{ readonly online?: boolean; readonly wishes?: object }> {
    return (await this.fetch(`${thing}/status`)).json() as Promise<object>;
  }

  async until(online: boolean): Promise<void> {
    await expect.poll(async () => (await this.status()).online, { timeout: 20_000 }).toBe(online);
  }

  /** The lamp was there, and is gone. */
  async absentLamp(mqtt: string): Promise<void> {
    await using _lamp = await plugIn(mqtt);
    await this.until(true);
    await expect.poll(async () => (await this.fetch(level)).status).toBe(200);
  }
}

let data = '';

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'thingtalk-wishes-'));
});

afterEach(() => rm(data, { recursive: true }));

test('a write to an absent Thing is refused, or kept by who prefers that, seen, replaced and withdrawn', async () => {
  await using world = await startGatewayWorld();
  const door = new Door(world.gateway.httpUrl);
  await door.absentLamp(world.gateway.mqttUrl);
  await door.until(false);
  expect((await door.put(level, 7)).status).toBe(503);
  expect((await door.status()).wishes).toBeUndefined();

  const kept = await door.put(level, 7, { prefer: 'respond-async, wait=5' });
  expect(kept.status).toBe(202);
  expect(kept.headers.get('preference-applied')).toBe('respond-async');
  expect(kept.headers.get('location')).toBe(`${level}/wish`);
  const wish = (await kept.json()) as { etag: string };
  expect(wish).toMatchObject({ name: 'level', value: 7, version: 2, href: `${level}/wish` });
  expect(await door.status()).toMatchObject({ online: false, wishes: { level: wish } });
  const seen = await door.fetch(`${level}/wish`);
  expect([await seen.json(), seen.headers.get('etag')]).toEqual([wish, wish.etag]);
  expect(await (await door.fetch(level)).json()).toBe(50);

  const stale = { method: 'DELETE', headers: { 'if-match': '"1"' } };
  expect((await door.fetch(`${level}/wish`, stale)).status).toBe(412);
  expect((await door.fetch(`${level}/wish`, { method: 'DELETE' })).status).toBe(204);
  expect((await door.fetch(`${level}/wish`, { method: 'DELETE' })).status).toBe(404);
  expect((await door.fetch(`${level}/wish`)).status).toBe(404);
});

test('what is wrong is refused as it is for a Thing that is there', async () => {
  await using world = await startGatewayWorld();
  const door = new Door(world.gateway.httpUrl);
  await door.absentLamp(world.gateway.mqttUrl);
  await door.until(false);
  const refused = async (path: string, value: unknown) =>
    (await door.put(`${thing}/${path}`, value, later)).status;
  expect(await refused('properties/level', 101)).toBe(400);
  expect(await refused('properties/power', 1)).toBe(403);
  expect(await refused('properties/gone', 1)).toBe(404);
  expect(await refused('properties', { level: 1, power: 1 })).toBe(403);
  expect((await door.status()).wishes).toBeUndefined();
});

test('of twenty who saw the same version one is kept, and all others are told', async () => {
  await using world = await startGatewayWorld();
  const door = new Door(world.gateway.httpUrl);
  await door.absentLamp(world.gateway.mqttUrl);
  await door.until(false);
  const etag = (await door.fetch(level)).headers.get('etag') ?? '';
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => door.put(level, n, { ...later, 'if-match': etag })),
  );
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([202, ...Array.from({ length: 19 }, () => 412)]);
  const standing = (await door.fetch(`${level}/wish`)).headers.get('etag') ?? '';
  const next = await door.put(level, 99, { ...later, 'if-match': standing });
  expect(await next.json()).toMatchObject({ value: 99, version: 3 });
});

test('several are kept together, told together, and then over', async () => {
  await using world = await startGatewayWorld();
  const door = new Door(world.gateway.httpUrl);
  await door.absentLamp(world.gateway.mqttUrl);
  await door.until(false);
  const kept = await door.put(`${thing}/properties`, { on: true, level: 7 }, later);
  expect([kept.status, kept.headers.get('location')]).toEqual([202, `${thing}/status`]);
  expect(await kept.json()).toMatchObject({ on: { value: true }, level: { value: 7 } });
  await using back = await plugIn(world.gateway.mqttUrl);
  await expect.poll(() => back.exposed.value('level'), { timeout: 20_000 }).toBe(7);
  expect(back.told).toEqual([{ level: 7, on: true }]);
  await expect.poll(async () => (await door.status()).wishes).toBeUndefined();
  // There at last, it is written to at once.
  expect((await door.put(level, 8, later)).status).toBe(204);
});

test('what can only be written is not shown while it waits', async () => {
  await using world = await startGatewayWorld();
  const door = new Door(world.gateway.httpUrl);
  await door.absentLamp(world.gateway.mqttUrl);
  await door.until(false);
  const kept = await door.put(`${thing}/properties/pin`, 's3cret', later);
  const status = await door.fetch(`${thing}/status`);
  const wish = await door.fetch(`${thing}/properties/pin/wish`);
  for (const answer of [kept, status, wish]) {
    const text = await answer.text();
    expect(text).toContain('"name":"pin"');
    expect(text).not.toContain('s3cret');
  }
});

test('without a database nothing is kept, and the refusal says why', async () => {
  await using world = await startGatewayWorld({ database: 'none' });
  const door = new Door(world.gateway.httpUrl);
  await door.absentLamp(world.gateway.mqttUrl);
  await door.until(false);
  const refused = await door.put(level, 7, later);
  expect(refused.status).toBe(501);
  expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('no database') });
});

test.each(['SQLite', 'PostgreSQL'])(
  'what was kept in %s is there after kill -9, and delivered to who comes back then',
  async (database) => {
    await using server = database === 'PostgreSQL' ? await startPostgres() : undefined;
    const run = { data, flags: server ? ['--database', await server.createDatabase()] : [] };
    {
      await using gateway: GatewayProcess = await startGatewayProcess(run);
      const door = new Door(gateway.http);
      await door.absentLamp(gateway.mqtt);
      await door.until(false);
      expect((await door.put(level, 6, later)).status).toBe(202);
      expect((await door.put(level, 7, later)).status).toBe(202);
      expect((await door.put(`${thing}/properties/on`, true, later)).status).toBe(202);
      const withdrawn = await door.fetch(`${thing}/properties/on/wish`, { method: 'DELETE' });
      expect(withdrawn.status).toBe(204);
      await gateway.kill9();
    }
    await using gateway = await startGatewayProcess(run);
    const door = new Door(gateway.http);
    const { wishes } = await door.status();
    expect(wishes).toMatchObject({ level: { value: 7, version: 3 } });
    expect(wishes).not.toHaveProperty('on');
    await using back = await plugIn(gateway.mqtt);
    await expect.poll(() => back.exposed.value('level'), { timeout: 20_000 }).toBe(7);
    await expect.poll(async () => (await door.status()).wishes).toBeUndefined();
    expect(back.told).toEqual([{ level: 7 }]);
  },
);

test('the command keeps a value for a Thing that is away, says so, and takes it back', async () => {
  await using world = await startGatewayWorld();
  const door = new Door(world.gateway.httpUrl);
  await door.absentLamp(world.gateway.mqttUrl);
  await door.until(false);
  const set = (...args: readonly string[]) =>
    promisify(execFile)(process.execPath, [
      ...['-C', '@thingtalk/source', join(root, 'packages/cli/bin/thingtalk.js')],
      ...['set', lamp.id, 'level', ...args, '--url', world.gateway.httpUrl],
    ]);
  await expect(set('7')).rejects.toMatchObject({ code: 1 });
  expect((await set('7', '--later')).stdout).toBe(
    'kept: Lamp is away, and gets level 7 when it is back\n' +
      `to take it back: thingtalk set ${lamp.id} level --withdraw\n`,
  );
  expect(JSON.parse((await set('8', '--later', '--json')).stdout)).toEqual({ kept: { level: 8 } });
  expect((await set('--withdraw')).stdout).toBe('withdrawn: level of Lamp\n');
  expect((await door.status()).wishes).toBeUndefined();
});

test('the documents show what can be kept', async () => {
  await using world = await startGatewayWorld();
  const { paths } = (await (await world.fetch('/openapi.json')).json()) as {
    paths: Record<string, Record<string, { responses: object }>>;
  };
  const property = '/things/{id}/properties/{name}';
  expect(paths[property]?.put?.responses).toHaveProperty('202');
  expect(Object.keys(paths[`${property}/wish`] ?? {})).toEqual(['get', 'delete']);
});
