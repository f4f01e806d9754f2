import { expect, test } from 'vitest';
import { connect } from './client.ts';
import { TestGateway } from './testing-gateway.ts';

const level = '/things/urn:test:lamp/properties/level';

test('a write says whether the device has it or the gateway keeps it', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  expect(await lamp.writeProperty('level', 7, { ifAbsent: 'keep' })).toBe('written');
  gateway.routes.set(`PUT ${level}`, (response) => response.writeHead(202).end('{}'));
  expect(await lamp.writeProperty('level', 8, { ifAbsent: 'keep' })).toBe('kept');
});

test('what is kept is listed, and withdrawn by its property', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  const wish = { name: 'level', value: 7, version: 2, timeRequested: '2026-01-01T00:00:00.000Z' };
  const status = `GET /things/${encodeURIComponent(gateway.id)}/status`;
  gateway.routes.set(status, (response) => {
    response.end(JSON.stringify({ online: false, wishes: { level: wish } }));
  });
  expect(await lamp.wishes()).toEqual([wish]);
  gateway.routes.set(status, (response) => response.end('{"online": true}'));
  expect(await lamp.wishes()).toEqual([]);
  const path = `/things/${encodeURIComponent(gateway.id)}/properties/level/wish`;
  gateway.routes.set(`DELETE ${path}`, (response) => response.writeHead(204).end());
  await lamp.withdrawWish('level');
  expect(gateway.requests.at(-1)).toBe(`DELETE ${path}`);
});
