import { once } from 'node:events';
import { connect } from 'node:net';
import { type Logger, Problem, silentLogger } from '@thingtalk/core';
import { FakeClock, settle } from '@thingtalk/core/testing';
import { expect, it, vi } from 'vitest';
import { startHttpServer } from './http-server.ts';
import { row } from './testing/row.ts';

it('a bug is 500 under an incident id, and its message stays in the log', async () => {
  const error = vi.fn<Logger['error']>();
  await using server = await startHttpServer({
    port: 0,
    logger: { ...silentLogger, error },
    routes: [
      row('/bug', () => {
        throw new Error('secret');
      }),
    ],
  });
  const response = await fetch(`${server.base}/bug`);
  const problem = (await response.json()) as { status: number; detail: string };
  expect(problem.status).toBe(500);
  expect(JSON.stringify(problem)).not.toContain('secret');
  const [{ incident }] = error.mock.calls[0] as [{ incident: string }, string];
  expect(problem.detail).toContain(incident);
});

it('a problem with Retry-After says it in the header, and each answer is told to who counts', async () => {
  const onResponse = vi.fn();
  const busy = row('/busy', async () => {
    throw new Problem('too-many-requests', 'slow down', { retryAfterSeconds: 7 });
  });
  await using server = await startHttpServer({ port: 0, routes: [busy], onResponse });
  const response = await fetch(`${server.base}/busy`);
  expect(response.status).toBe(429);
  expect(response.headers.get('retry-after')).toBe('7');
  expect(onResponse).toHaveBeenCalledWith(busy, 429, expect.any(Number));
});

it('the signal aborts when the client goes away, and not when it was answered', async () => {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const signals: AbortSignal[] = [];
  await using server = await startHttpServer({
    port: 0,
    routes: [
      row('/hang', ({ signal }) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
        arrive();
        return new Promise(() => {});
      }),
      row('/quick', ({ signal }) => {
        signals.push(signal);
        return { status: 204 };
      }),
    ],
  });
  await fetch(`${server.base}/quick`, { headers: { connection: 'close' } });
  const abort = new AbortController();
  const request = fetch(`${server.base}/hang`, { signal: abort.signal });
  await arrived;
  abort.abort();
  await expect(request).rejects.toThrow();
  await gone;
  expect(signals[0]?.aborted).toBe(false);
});

it('draining gives up what hangs, and lets a write finish', async () => {
  const { promise: finish, resolve } = Promise.withResolvers<void>();
  const started = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const server = await startHttpServer({
    port: 0,
    routes: [
      row(
        '/hang',
        ({ signal }) => {
          started[0].resolve();
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason), { once: true });
          });
        },
        { hangs: true },
      ),
      row('/write', async () => {
        started[1].resolve();
        await finish;
        return { status: 204 };
      }),
    ],
  });
  const hanging = fetch(`${server.base}/hang`);
  const writing = fetch(`${server.base}/write`);
  await Promise.all(started.map(({ promise }) => promise));
  const drained = server.drain();
  expect((await hanging).status).toBe(503);
  resolve();
  expect((await writing).status).toBe(204);
  await drained;
});

it('draining does not wait for a connection on which nothing was asked', async () => {
  const server = await startHttpServer({ port: 0, routes: [row('/', () => ({ status: 204 }))] });
  const silent = connect(server.port, server.host).resume();
  await once(silent, 'connect');
  // Once another was served, the server has taken the silent one.
  await fetch(server.base);
  const closed = once(silent, 'close');
  await server.drain();
  await closed;
});

it('draining waits for half a request no longer than a request may take', async () => {
  const clock = new FakeClock();
  const server = await startHttpServer({
    port: 0,
    clock,
    routes: [row('/', () => ({ status: 204 }), { method: 'PUT' })],
  });
  const slow = connect(server.port, server.host).resume();
  await once(slow, 'connect');
  slow.write('PUT / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n');
  await fetch(server.base);
  const closed = once(slow, 'close');
  const drained = server.drain();
  await settle();
  await clock.advance(30_000);
  await Promise.all([drained, closed]);
});

it('a Host that is not answered to is refused before anything else', async () => {
  await using server = await startHttpServer({
    port: 0,
    routes: [row('/', () => ({ status: 204 }))],
    refuseHost: (host) => new Problem('forbidden', `${host} is not a name of this server`),
  });
  expect((await fetch(server.base)).status).toBe(403);
});
