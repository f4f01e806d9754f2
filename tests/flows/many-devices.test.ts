import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Payload } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import { expect, test } from 'vitest';
import { startGatewayProcess } from '../support/gateway-process.ts';

const count = 2_000;

test('2,000 bare devices that announced themselves just before SIGTERM are all there after a restart', async () => {
  await using stack = new AsyncDisposableStack();
  const data = await mkdtemp(join(tmpdir(), 'thingtalk-many-'));
  stack.defer(() => rm(data, { recursive: true }));
  const run = { data, flags: ['--security', 'demo'] };
  {
    await using gateway = await startGatewayProcess(run);
    const bus = await MqttBus.connect(gateway.mqtt);
    const announced = Array.from({ length: count }, (_, n) => {
      const td = { title: `Device ${n}`, properties: { level: { type: 'number' } } };
      return bus.publish(`things/device-${n}/td`, Payload.of(td), { retain: true, qos: 1 });
    });
    await Promise.all(announced);
    expect(await gateway.end()).toBe(0);
    expect(gateway.log).toEqual([]);
    await bus.drain();
  }
  await using gateway = await startGatewayProcess(run);
  const response = await fetch(`${gateway.http}/things`);
  const titles = new Set(
    ((await response.json()) as { title: string }[]).map(({ title }) => title),
  );
  expect(
    Array.from({ length: count }, (_, n) => `Device ${n}`).filter((title) => !titles.has(title)),
  ).toEqual([]);
}, 120_000);
