import { once } from 'node:events';
import { connect } from 'node:tls';
import { FakeClock } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startSecuredGateway } from '../support/secured-gateway.ts';

test('how many requests a second one who is known may send is a setting', async () => {
  const clock = new FakeClock(Date.now());
  await using world = await startSecuredGateway({ limitsRequests: 5 }, { clock });
  const { token } = world.admin;
  const statuses: number[] = [];
  for (let n = 0; n < 7; n++) statuses.push((await world.ask('/session', { token })).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
  // Nobody pays for what others did.
  const bob = await world.let('bob', { expires: clock.now() + 60_000 });
  expect((await world.ask('/session', { token: bob.token })).status).toBe(200);
});

test('how many WebSockets one who is known may have open is a setting', async () => {
  await using world = await startSecuredGateway({ limitsSockets: 1 });
  const headers = { authorization: `Bearer ${world.admin.token}` };
  const open = () =>
    new WebSocket(`${world.gateway.httpUrl.replace('https', 'wss')}/ws`, 'webthingprotocol', {
      headers,
      ca: world.ca,
    });
  const first = open();
  await once(first, 'open');
  const second = open();
  const [, answer] = await once(second, 'unexpected-response');
  expect(answer.statusCode).toBe(429);
  first.terminate();
});

test('how many TLS handshakes a second are taken is a setting', async () => {
  const clock = new FakeClock(Date.now());
  await using world = await startSecuredGateway({ limitsHandshakes: 1 }, { clock });
  const port = Number(new URL(world.gateway.httpUrl).port);
  const shake = async () => {
    const socket = connect({ host: '127.0.0.1', port, ca: world.ca });
    try {
      await once(socket, 'secureConnect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  };
  expect([await shake(), await shake()]).toEqual([true, false]);
  await clock.advance(1_000);
  expect(await shake()).toBe(true);
});
