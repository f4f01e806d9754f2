import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Servient } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import lamp from '@thingtalk/examples/lamp';
import { startPostgres } from '@thingtalk/storage/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  type GatewayEnded,
  type GatewayProcess,
  startGatewayProcess,
} from '../support/gateway-process.ts';
import { mayMount, smallDisk } from '../support/small-disk.ts';

const brightness = `/things/${lamp.id}/properties/brightness`;
const patience = { timeout: 40_000, interval: 100 };

async function dataDirectory(): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'thingtalk-postgres-'));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  return data;
}

async function put(gateway: GatewayProcess, value: number): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(value);
  return fetch(gateway.http + brightness, { method: 'PUT', headers, body });
}

/** Registers a description of some size by hand. */
async function register(gateway: GatewayProcess, bytes: number): Promise<Response> {
  const td = {
    '@context': 'https://www.w3.org/2022/wot/td/v1.1',
    title: 'By hand',
    description: 'x'.repeat(bytes),
    security: 'nosec_sc',
    securityDefinitions: { nosec_sc: { scheme: 'nosec' } },
  };
  const headers = { 'content-type': 'application/td+json' };
  return fetch(`${gateway.http}/things`, { method: 'POST', headers, body: JSON.stringify(td) });
}

const problemOf = async (answer: Response) => ({
  code: answer.status,
  retryAfter: Number(answer.headers.get('retry-after')),
  ...((await answer.json()) as object),
});

const health = async (gateway: GatewayProcess) => (await fetch(`${gateway.http}/health`)).json();

async function connectLamp(gateway: GatewayProcess): Promise<AsyncDisposable> {
  const bus = await MqttBus.connect(gateway.mqtt);
  await new Servient({ bus }).expose(lamp);
  await expect.poll(async () => (await put(gateway, 50)).status, patience).toBe(204);
  return bus;
}

describe('a gateway on PostgreSQL', { timeout: 180_000 }, () => {
  test('ends in one line that names the server, when that is not there at the start', async () => {
    const flags = ['--database', 'postgres://someone@127.0.0.1:1/none'];
    const data = await dataDirectory();
    const ended = await startGatewayProcess({ data, flags }).then(
      () => expect.fail('it serves'),
      (error: GatewayEnded) => error,
    );
    expect(ended.code).toBe(1);
    expect(ended.lines).toEqual([
      expect.stringMatching(/the PostgreSQL server does not answer.*127\.0\.0\.1:1/),
    ]);
  });

  test('reads on while the server is gone, says 503 to writes, and is well when it is back', async () => {
    await using server = await startPostgres();
    const flags = ['--database', await server.createDatabase()];
    const data = await dataDirectory();
    let location = '';
    {
      await using gateway = await startGatewayProcess({ data, flags });
      await using _lamp = await connectLamp(gateway);
      await server.kill9();
      // A write waits for a server that may only be starting again; then it is refused.
      const [written, registered] = await Promise.all([put(gateway, 60), register(gateway, 10)]);
      for (const answer of [written, registered]) {
        expect(await problemOf(answer)).toMatchObject({
          code: 503,
          retryAfter: 5,
          type: 'urn:thingtalk:problem:storage-unreachable',
        });
      }
      expect((await fetch(gateway.http + brightness)).status).toBe(200);
      expect(await health(gateway)).toMatchObject({
        status: 'degraded',
        storage: { state: 'unreachable' },
      });
      await server.start();
      await expect.poll(async () => (await put(gateway, 70)).status, patience).toBe(204);
      const again = await register(gateway, 10);
      expect(again.status).toBe(201);
      location = again.headers.get('location') ?? '';
      expect(await health(gateway)).toMatchObject({ status: 'up', storage: { state: 'writing' } });
      await gateway.kill9();
    }
    await using gateway = await startGatewayProcess({ data, flags });
    expect(await (await fetch(gateway.http + brightness)).json()).toBe(70);
    expect((await fetch(new URL(location, gateway.http))).status).toBe(200);
  });

  // Only root may mount a disk of its own; CI is root.
  test.skipIf(!mayMount())(
    'says 507 when the disk of the server is full, and goes on when it is not',
    async () => {
      await using disk = await smallDisk(160);
      const data = await dataDirectory();
      vi.stubEnv('TMPDIR', disk.path);
      await using server = await startPostgres();
      vi.unstubAllEnvs();
      const flags = ['--database', await server.createDatabase()];
      await using gateway = await startGatewayProcess({ data, flags });
      await using _lamp = await connectLamp(gateway);
      await disk.fill();
      let refused = await register(gateway, 200_000);
      while (refused.status === 201) refused = await register(gateway, 200_000);
      expect(await problemOf(refused)).toMatchObject({
        code: 507,
        type: 'urn:thingtalk:problem:storage-full',
      });
      expect((await fetch(gateway.http + brightness)).status).toBe(200);
      await disk.free();
      const isTaken = async () => (await register(gateway, 200_000)).status;
      await expect.poll(isTaken, patience).toBe(201);
      await expect.poll(async () => (await put(gateway, 71)).status, patience).toBe(204);
    },
  );
});
