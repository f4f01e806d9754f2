import { expect, test } from 'vitest';
import { type Asking, AuthenticationWorld, goodPassword } from './testing-world.ts';

async function withTicket() {
  const world = await AuthenticationWorld.open();
  const { id } = await world.parts.people.create({ name: 'ann', password: goodPassword }, 'test');
  const cookie = await world.logIn('ann');
  const asking = { headers: { cookie, origin: 'https://hub.local' } };
  const take = async () => {
    const { json } = await world.ask('POST', '/ws-ticket', asking);
    return (json as { ticket: string }).ticket;
  };
  const open = (url: string, headers: Asking['headers'] = {}) => {
    const visit = world.visit('GET', url, { headers: { upgrade: 'websocket', ...headers } });
    return world.parts.guard.admit(visit);
  };
  return {
    world,
    id,
    cookie,
    asking,
    take,
    open,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

test('a ticket opens a WebSocket for whoever got it, as a subprotocol or in the address', async () => {
  await using given = await withTicket();
  const protocols = `webthingprotocol, ${await given.take()}`;
  expect(given.open('/ws', { 'sec-websocket-protocol': protocols })).toMatchObject({
    principal: { id: given.id },
  });
  expect(given.open(`/ws?ticket=${await given.take()}`)).toMatchObject({
    principal: { id: given.id },
  });
});

test('W4 a ticket opens one socket', async () => {
  await using given = await withTicket();
  const ticket = await given.take();
  given.open(`/ws?ticket=${ticket}`);
  expect(() => given.open(`/ws?ticket=${ticket}`)).toThrow('used already');
});

test('W4 a ticket is over after thirty seconds', async () => {
  await using given = await withTicket();
  const [early, late] = [await given.take(), await given.take()];
  given.world.clock.tick(29_999);
  expect(given.open(`/ws?ticket=${early}`)).toMatchObject({ principal: { id: given.id } });
  given.world.clock.tick(1);
  expect(() => given.open(`/ws?ticket=${late}`)).toThrow('expired');
});

test('W4 a ticket goes with the session that took it', async () => {
  await using given = await withTicket();
  const ticket = await given.take();
  await given.world.ask('DELETE', '/session', given.asking);
  expect(() => given.open(`/ws?ticket=${ticket}`)).toThrow('unknown');
});

test('W4 a ticket answers no request', async () => {
  await using given = await withTicket();
  const url = `/tokens?ticket=${await given.take()}`;
  expect(await given.world.ask('GET', url)).toMatchObject({ status: 401 });
});

test('a ticket ends when its session does, once it opened a socket', async () => {
  await using given = await withTicket();
  const access = await given.open(`/ws?ticket=${await given.take()}`);
  const ended: string[] = [];
  access.onEnd((why) => ended.push(why.name));
  await given.world.ask('DELETE', '/session', given.asking);
  expect(ended).toEqual(['unauthenticated']);
});

test('nobody holds more than 32 unused tickets, and unused ones are forgotten', async () => {
  await using given = await withTicket();
  for (let at = 0; at < 32; at++) await given.take();
  expect(await given.world.ask('POST', '/ws-ticket', given.asking)).toMatchObject({ status: 429 });
  given.world.clock.tick(30_000);
  expect(await given.take()).toMatch(/^tt_ticket_/);
});

test('whoever is not known gets no ticket', async () => {
  await using given = await withTicket();
  expect(await given.world.ask('POST', '/ws-ticket')).toMatchObject({ status: 401 });
});

test.each(['access_token', 'jwt', 'token', 'api_key', 'x'])(
  'W2 a token in the address, as %s, is refused though it is good',
  async (name) => {
    await using given = await withTicket();
    const expires = given.world.clock.now() + 1_000_000;
    const wanted = { principal: given.id, name: 'x', expires };
    const { text } = await given.world.parts.tokens.create(wanted, given.id);
    expect(() => given.open(`/ws?${name}=${text}`)).toThrow('in the address');
    expect(JSON.stringify(given.world.entries)).not.toContain(text);
  },
);
