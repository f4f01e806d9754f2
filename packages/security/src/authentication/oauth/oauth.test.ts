import { hash, randomBytes } from 'node:crypto';
import type { RouteReply } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AuthenticationWorld, goodPassword } from '../testing-world.ts';

const redirectUri = 'https://panel.example/back';
const minute = 60_000;

interface Granted {
  readonly access_token: string;
  readonly refresh_token: string;
}

async function withApp() {
  const world = await AuthenticationWorld.open();
  const { id } = await world.parts.people.create({ name: 'ann', password: goodPassword }, 'test');
  world.managers.add(id);
  const headers = { cookie: await world.logIn('ann'), origin: 'https://hub.local' };
  const body = { name: 'Panel <b>', redirectUris: [redirectUri] };
  const { json } = await world.ask('POST', '/apps', { headers, body });
  const app = (json as { id: string }).id;
  const verifier = randomBytes(32).toString('base64url');
  const asked = {
    response_type: 'code',
    client_id: app,
    redirect_uri: redirectUri,
    state: 'xyz',
    scope: 'read observe',
    code_challenge: hash('sha256', verifier, 'base64url'),
    code_challenge_method: 'S256',
  };
  return new Flow(world, { app, person: id, headers, verifier, asked });
}

interface Given {
  readonly app: string;
  readonly person: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly verifier: string;
  readonly asked: Readonly<Record<string, string>>;
}

class Flow implements AsyncDisposable {
  readonly world: AuthenticationWorld;
  readonly given: Given;

  constructor(world: AuthenticationWorld, given: Given) {
    this.world = world;
    this.given = given;
  }

  page(more: Readonly<Record<string, string>> = {}) {
    const query = new URLSearchParams({ ...this.given.asked, ...more });
    return this.world.ask('GET', `/oauth/authorize?${query}`);
  }

  decide(more: Readonly<Record<string, string>> = {}) {
    const login = { name: 'ann', password: goodPassword, decision: 'allow' };
    return this.world.ask('POST', '/oauth/authorize', {
      body: { ...this.given.asked, ...login, ...more },
      headers: { origin: 'https://hub.local' },
    });
  }

  async code(): Promise<string> {
    return backTo(await this.decide()).get('code') ?? '';
  }

  exchange(code: string, more: Readonly<Record<string, string>> = {}) {
    const { app, verifier } = this.given;
    const body = {
      grant_type: 'authorization_code',
      client_id: app,
      redirect_uri: redirectUri,
      code,
      code_verifier: verifier,
      ...more,
    };
    return this.world.ask('POST', '/oauth/token', { body });
  }

  refresh(token: string) {
    const body = { grant_type: 'refresh_token', client_id: this.given.app, refresh_token: token };
    return this.world.ask('POST', '/oauth/token', { body });
  }

  async granted(): Promise<Granted> {
    return granted(await this.exchange(await this.code()));
  }

  async statusOf(token: string): Promise<number> {
    const headers = { authorization: `Bearer ${token}` };
    return (await this.world.ask('GET', '/session', { headers })).status;
  }

  [Symbol.asyncDispose]() {
    return this.world[Symbol.asyncDispose]();
  }
}

function granted({ json }: { json: unknown }): Granted {
  return json as Granted;
}

function backTo({ headers }: RouteReply): URLSearchParams {
  return new URL(headers?.location ?? 'none:').searchParams;
}

test('an app that a person allows something gets tokens that act for them, narrowed to it', async () => {
  await using flow = await withApp();
  const decided = await flow.decide();
  expect(decided.status).toBe(303);
  expect(backTo(decided).get('state')).toBe('xyz');
  expect(backTo(decided).get('iss')).toBe('https://hub.local');
  const { status, json } = await flow.exchange(backTo(decided).get('code') ?? '');
  expect(status).toBe(200);
  expect(json).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'read observe' });
  const headers = { authorization: `Bearer ${granted({ json }).access_token}` };
  const access = await flow.world.parts.guard.admit(flow.world.visit('GET', '/', { headers }));
  expect(access.principal.id).toBe(flow.given.person);
  const { scopes } = flow.world.parts.guard.identityOf(access);
  expect(scopes).toEqual([{ rights: ['read', 'observe'] }]);
});

test('the metadata names what is offered, and that is little', async () => {
  await using flow = await withApp();
  const { json } = await flow.world.ask('GET', '/.well-known/oauth-authorization-server');
  expect(json).toMatchObject({
    issuer: 'https://hub.local',
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
  });
  const resource = await flow.world.ask('GET', '/.well-known/oauth-protected-resource');
  expect(resource.json).toMatchObject({
    resource: 'https://hub.local',
    authorization_servers: ['https://hub.local'],
  });
});

test('H29 H30 the page says who asks for what, runs no script, and is shown in no frame', async () => {
  await using flow = await withApp();
  const { app, asked } = flow.given;
  const route = flow.world.parts.routes.find(({ operationId }) => operationId === 'askConsent');
  const { guard } = flow.world.parts;
  const access = await guard.admit(flow.world.visit('GET', '/oauth/authorize'));
  const query = { ...asked, state: '"><script>alert(1)</script>' };
  const reply = await route?.handle({ query, access } as never);
  const html = String(reply?.body);
  expect(html).toContain('Allow Panel &#60;b&#62;?');
  expect(html).toContain('panel.example');
  expect(html).toContain(app);
  expect(html).not.toMatch(/<script|<b>|\son\w+=/);
  expect(reply?.headers?.['content-security-policy']).toMatch(
    /^default-src 'none'; .*form-action 'self' https:\/\/panel\.example; frame-ancestors 'none'/,
  );
});

test('a person who denies is sent back without a code', async () => {
  await using flow = await withApp();
  const denied = await flow.decide({ decision: 'deny' });
  expect(backTo(denied).get('error')).toBe('access_denied');
  expect(backTo(denied).get('code')).toBeNull();
});

test.each([
  ['another app', { client_id: 'app_other' }],
  ['a longer address', { redirect_uri: `${redirectUri}/more` }],
  ['a shorter address', { redirect_uri: 'https://panel.example/' }],
  ['another case', { redirect_uri: 'https://panel.example/Back' }],
  ['another query', { redirect_uri: `${redirectUri}?x=1` }],
  ['a script', { redirect_uri: 'javascript:alert(1)' }],
  ['nothing', { redirect_uri: '' }],
])('H13 with %s nobody is sent anywhere', async (_, wrong) => {
  await using flow = await withApp();
  const { status, headers } = await flow.page(wrong);
  expect(status).toBe(400);
  expect(headers?.location).toBeUndefined();
  expect((await flow.decide(wrong)).status).toBe(400);
});

test.each([
  'javascript:alert(1)',
  'data:text/html,x',
  'http://panel.example/back',
  'https://panel.example/back#x',
  'https://ann@panel.example/',
  'panel:/back',
  'not an address',
])('H13 %s is registered by no app', async (uri) => {
  await using flow = await withApp();
  const body = { name: 'x', redirectUris: [uri] };
  const { status } = await flow.world.ask('POST', '/apps', { headers: flow.given.headers, body });
  expect(status).toBe(422);
});

test.each([
  ['no challenge', { code_challenge: '' }, 'invalid_request'],
  ['the method plain', { code_challenge_method: 'plain' }, 'invalid_request'],
  ['no method', { code_challenge_method: '' }, 'invalid_request'],
  ['the implicit flow', { response_type: 'token' }, 'unsupported_response_type'],
  ['a scope that is none', { scope: 'read root' }, 'invalid_scope'],
])('H12 with %s the app is told so, and no code is made', async (_, wrong, error) => {
  await using flow = await withApp();
  expect(backTo(await flow.page(wrong)).get('error')).toBe(error);
  const decided = backTo(await flow.decide(wrong));
  expect(decided.get('error')).toBe(error);
  expect(decided.get('code')).toBeNull();
});

test.each([
  ['another verifier', { code_verifier: 'x'.repeat(43) }],
  ['no verifier', { code_verifier: '' }],
  ['another address', { redirect_uri: 'https://panel.example/other' }],
  ['another grant', { grant_type: 'password' }],
])('H12 a code is not exchanged with %s, and is good no more', async (_, wrong) => {
  await using flow = await withApp();
  const code = await flow.code();
  expect((await flow.exchange(code, wrong)).status).toBe(400);
  if (!('grant_type' in wrong)) expect((await flow.exchange(code)).status).toBe(400);
});

test('a code is good for a minute', async () => {
  await using flow = await withApp();
  const code = await flow.code();
  flow.world.clock.tick(minute);
  expect(await flow.exchange(code)).toMatchObject({
    status: 400,
    json: { error: 'invalid_grant' },
  });
});

test('H14 a code that comes twice ends the tokens it became', async () => {
  await using flow = await withApp();
  const code = await flow.code();
  const first = granted(await flow.exchange(code));
  expect(await flow.statusOf(first.access_token)).toBe(200);
  expect((await flow.exchange(code)).status).toBe(400);
  expect(await flow.statusOf(first.access_token)).toBe(401);
  expect((await flow.refresh(first.refresh_token)).status).toBe(400);
});

test('an access token is over after ten minutes, and a refresh token gives the next pair', async () => {
  await using flow = await withApp();
  const first = await flow.granted();
  flow.world.clock.tick(10 * minute);
  expect(await flow.statusOf(first.access_token)).toBe(401);
  const next = granted(await flow.refresh(first.refresh_token));
  expect(await flow.statusOf(next.access_token)).toBe(200);
  expect(next.refresh_token).not.toBe(first.refresh_token);
});

test('H11 a refresh token that comes twice ends the family, for the thief and for the app', async () => {
  await using flow = await withApp();
  const first = await flow.granted();
  const second = granted(await flow.refresh(first.refresh_token));
  const ended: string[] = [];
  const headers = { authorization: `Bearer ${second.access_token}` };
  const access = await flow.world.parts.guard.admit(flow.world.visit('GET', '/', { headers }));
  access.onEnd((why) => ended.push(why.name));
  expect((await flow.refresh(first.refresh_token)).status).toBe(400);
  expect(await flow.statusOf(second.access_token)).toBe(401);
  expect((await flow.refresh(second.refresh_token)).status).toBe(400);
  expect(ended).toEqual(['unauthenticated']);
  expect(flow.world.entries).toContainEqual(
    expect.objectContaining({ who: flow.given.person, what: 'app.token', outcome: 'denied' }),
  );
});

test('a person sees what they have allowed, and takes it back', async () => {
  await using flow = await withApp();
  const { access_token } = await flow.granted();
  const { headers, app } = flow.given;
  const { json } = await flow.world.ask('GET', '/consents', { headers });
  expect(json).toMatchObject([
    { app: { id: app, name: 'Panel <b>' }, rights: ['read', 'observe'] },
  ]);
  const [consent] = json as unknown as [{ id: string }];
  const bearer = { headers: { authorization: `Bearer ${access_token}` } };
  const path = `/consents/${consent.id}`;
  expect((await flow.world.ask('DELETE', path, bearer)).status).toBe(403);
  expect((await flow.world.ask('DELETE', path, { headers })).status).toBe(204);
  expect((await flow.world.ask('DELETE', path, { headers })).status).toBe(404);
  expect(await flow.statusOf(access_token)).toBe(401);
});

test('H11 of two that refresh at once with one token neither keeps what it got', async () => {
  await using flow = await withApp();
  const first = await flow.granted();
  const both = await Promise.all([
    flow.refresh(first.refresh_token),
    flow.refresh(first.refresh_token),
  ]);
  for (const one of both) {
    if (one.status === 200) expect(await flow.statusOf(granted(one).access_token)).toBe(401);
  }
  expect(await flow.world.store.list('consents')).toEqual([]);
});

test('a refresh token is of its own app', async () => {
  await using flow = await withApp();
  const { refresh_token } = await flow.granted();
  const body = { name: 'Other', redirectUris: ['https://other.example/'] };
  const made = await flow.world.ask('POST', '/apps', { headers: flow.given.headers, body });
  const client_id = (made.json as { id: string }).id;
  const asked = { body: { grant_type: 'refresh_token', client_id, refresh_token } };
  expect((await flow.world.ask('POST', '/oauth/token', asked)).status).toBe(400);
  expect((await flow.refresh(refresh_token)).status).toBe(200);
});

test('what an app was allowed ends when it revokes it, is removed, or its person is disabled', async () => {
  await using flow = await withApp();
  const [one, two] = [await flow.granted(), await flow.granted()];
  const revoked = await flow.world.ask('POST', '/oauth/revoke', {
    body: { token: one.refresh_token },
  });
  expect(revoked.status).toBe(200);
  expect(await flow.statusOf(one.access_token)).toBe(401);
  expect(await flow.statusOf(two.access_token)).toBe(200);
  const { headers, app } = flow.given;
  expect((await flow.world.ask('DELETE', `/apps/${app}`, { headers })).status).toBe(204);
  expect((await flow.refresh(two.refresh_token)).status).toBe(400);
});

test('H34 the page is no faster way to guess passwords, and says no more', async () => {
  await using flow = await withApp();
  const statuses = [];
  for (let at = 0; at < 6; at++) {
    const { status, headers } = await flow.decide({
      name: at % 2 ? 'ann' : 'nobody',
      password: `guess-${at}`,
    });
    statuses.push(status);
    expect(headers?.location).toBeUndefined();
  }
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
});

test('H15 no page of another origin decides for a person', async () => {
  await using flow = await withApp();
  const body = { ...flow.given.asked, name: 'ann', password: goodPassword, decision: 'allow' };
  const headers = { origin: 'https://evil.example' };
  const { status } = await flow.world.ask('POST', '/oauth/authorize', { headers, body });
  expect(status).toBe(403);
});

test('no form makes the token endpoint fail otherwise than by refusing', async () => {
  await using flow = await withApp();
  const text = fc.string({ unit: 'binary', maxLength: 100 });
  const names = [
    'grant_type',
    'client_id',
    'code',
    'redirect_uri',
    'code_verifier',
    'refresh_token',
  ];
  const form = fc.dictionary(fc.constantFrom(...names, '__proto__', 'token'), text);
  const type = fc.constantFrom('authorization_code', 'refresh_token', 'password');
  await fc.assert(
    fc.asyncProperty(form, type, async (body, grant_type) => {
      const sent = { client_id: flow.given.app, grant_type, ...body };
      expect((await flow.world.ask('POST', '/oauth/token', { body: sent })).status).toBe(400);
      expect((await flow.world.ask('POST', '/oauth/revoke', { body: sent })).status).toBe(200);
      flow.world.clock.tick(1_000);
    }),
  );
});
