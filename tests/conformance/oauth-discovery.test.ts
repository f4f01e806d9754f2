import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startSecuredGateway } from '../support/secured-gateway.ts';

/** The value of a parameter of a challenge. */
const parameter = (challenge: string | null | undefined, name: string) =>
  new RegExp(`[ ,]${name}="([^"]*)"`).exec(challenge ?? '')?.[1];

test('RFC 9728, 5: whoever is refused is led to where tokens are given out', async () => {
  await using world = await startSecuredGateway();
  const refused = await world.ask('/things');
  expect(refused.status).toBe(401);
  const challenge = refused.headers.get('www-authenticate');
  expect(challenge).toMatch(/^Bearer resource_metadata="https:\/\/[^"]+"$/);
  const resource = await (await fetch(parameter(challenge, 'resource_metadata') ?? '')).json();
  expect(refused.url).toBe(`${resource.resource}/things`);
  const [server] = resource.authorization_servers;
  const metadata = await (await fetch(`${server}/.well-known/oauth-authorization-server`)).json();
  expect(metadata.issuer).toBe(server);
  expect((await fetch(metadata.authorization_endpoint)).status).toBe(400);
  expect((await fetch(metadata.token_endpoint, { method: 'POST' })).status).toBe(400);
});

test('RFC 6750, 3: what was wrong with a token is said beside it', async () => {
  await using world = await startSecuredGateway();
  const { headers } = await world.ask('/things', { token: 'tt_pat_wrong' });
  const challenge = headers.get('www-authenticate');
  expect(parameter(challenge, 'error')).toBe('invalid_token');
  expect(parameter(challenge, 'resource_metadata')).toMatch(/oauth-protected-resource$/);
});

test('a WebSocket that is refused is told the same', async () => {
  await using world = await startSecuredGateway();
  const base = `https://127.0.0.1:${new URL(world.gateway.httpUrl).port}`;
  const socket = new WebSocket(`${base.replace('https', 'wss')}/ws`, 'webthingprotocol', {
    ca: world.ca,
  });
  const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  const metadata = parameter(answer.headers['www-authenticate'], 'resource_metadata');
  expect(metadata).toBe(`${base}/.well-known/oauth-protected-resource`);
});
