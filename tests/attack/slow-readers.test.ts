import { once } from 'node:events';
import { connect } from 'node:net';
import { startHttpServer } from '@thingtalk/application';
import type { Route } from '@thingtalk/core';
import { MemoryGuard } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';

const request = 'GET /page HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer reader\r\n\r\n';
const page = 'x'.repeat(500_000);

/** A server with one row, which says how often it was asked. */
async function startCounting(way: 'short' | 'long') {
  let asked = 0;
  const handle = () => {
    asked++;
    return { status: 200, body: page };
  };
  const row: Route = {
    ...{ method: 'GET', path: '/page', operationId: 'page', summary: 'A page', tags: [], handle },
    responses: { 200: { description: 'It' } },
    ...(way === 'short' && { whole: handle }),
  };
  const guard = new MemoryGuard();
  guard.let('reader', []);
  const server = await startHttpServer({ routes: [row], guard, port: 0 });
  return {
    server,
    /** How often the row was asked. */
    asked: () => asked,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

test.each(['short', 'long'] as const)(
  'H33: who asks on and on, the %s way, and reads nothing, is not answered on and on, and misses nothing',
  async (way) => {
    await using world = await startCounting(way);
    const { port } = world.server;
    const slow = connect(port, '127.0.0.1').setNoDelay();
    await once(slow, 'connect');
    const wanted = 150;
    for (let sent = 0; sent < wanted; sent++) {
      slow.write(request);
      // Another, who reads, in between: so each of the first comes by itself, as long as it is taken at all.
      await (await fetch(`http://127.0.0.1:${port}/nothing`)).text();
    }
    const answered = world.asked();
    // What the system holds for both ends is some megabytes; all of it would be 75.
    expect(answered).toBeLessThan(wanted / 2);
    let bytes = 0;
    slow.on('data', (chunk) => {
      bytes += chunk.length;
    });
    while (bytes < wanted * page.length) await once(slow, 'data');
    expect(world.asked()).toBe(wanted);
    slow.destroy();
  },
);
