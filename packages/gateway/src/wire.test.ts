import { createServer } from 'node:net';
import { silentLogger, Topics } from '@thingtalk/core';
import { FakeClock } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { defaultSettings } from './settings/table.ts';
import { openWire } from './wire.ts';

test('a broker that does not answer is named after five seconds, with how long it is waited for', async () => {
  const clock = new FakeClock('2026-01-01T00:00:00Z');
  const warned: object[] = [];
  const knocked = Promise.withResolvers<void>();
  await using server = createServer((socket) => {
    socket.on('error', () => {}).destroy();
    knocked.resolve();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const opened = openWire({
    settings: { ...defaultSettings, broker: `mqtt://me:secret@127.0.0.1:${port}` },
    topics: new Topics(),
    tls: undefined,
    opens: Promise.resolve(),
    clock,
    logger: { ...silentLogger, warn: (fields) => warned.push(fields) },
  });
  const outcome = opened.then(
    () => 'open',
    (problem: Error) => problem.name,
  );
  await knocked.promise;
  clock.tick(4_999);
  expect(warned).toEqual([]);
  clock.tick(1);
  const until = '2026-01-01T00:00:30.000Z';
  expect(warned).toEqual([{ broker: `mqtt://127.0.0.1:${port}`, until }]);
  const outcomeNow = () => {
    clock.tick(10_000);
    return Promise.race([outcome, 'waiting']);
  };
  await expect.poll(outcomeNow).toBe('thing-unreachable');
});
