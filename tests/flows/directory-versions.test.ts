import { expect, it } from 'vitest';
import { describedThing } from '../support/directory-world.ts';
import { startGatewayWorld } from '../support/gateway-world.ts';
import { EventReader } from '../support/http-world.ts';

it('a TD that was changed more often than versions are kept is told from the oldest that is, as an update, to the newest', async () => {
  await using world = await startGatewayWorld();
  const id = 'urn:example:busy';
  const headers = { 'content-type': 'application/td+json' };
  for (let n = 1; n <= 103; n++) {
    const body = JSON.stringify(describedThing(id, { title: `n${n}` }));
    const { status } = await world.fetch(`/things/${id}`, { method: 'PUT', headers, body });
    expect(status).toBe(n === 1 ? 201 : 204);
  }
  await using events = await EventReader.open(`${world.gateway.httpUrl}/events?diff=true`, {
    'last-event-id': '0',
  });
  const told: unknown[] = [];
  while (told.length < 100) {
    const event = await events.next();
    const said = JSON.parse(event?.data ?? '{}') as { id?: string; title?: string };
    if (said.id === id) told.push([event?.event, said.title]);
  }
  expect(told).toEqual(Array.from({ length: 100 }, (_, n) => ['thing_updated', `n${n + 4}`]));
});
