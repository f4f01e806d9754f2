import { type AuditEntry, Problem } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AuthenticationWorld, goodPassword } from './authentication/testing-world.ts';

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (header: object, payload: object = { sub: 'admin', exp: 9_999_999_999 }) =>
  `${base64url(header)}.${base64url(payload)}.${Buffer.from('signature').toString('base64url')}`;

test('H1 whoever shows nothing is anonymous, and is told to show who they are where that is needed', async () => {
  await using world = await AuthenticationWorld.open();
  expect(world.parts.guard.admit(world.visit('GET', '/things'))).toMatchObject({
    principal: { id: 'anonymous', kind: 'anonymous' },
    manages: false,
  });
  for (const path of ['/session', '/tokens', '/people', '/guests']) {
    expect(await world.ask('GET', path)).toMatchObject({ status: 401 });
  }
});

test.each([
  ['', 'without a scheme'],
  ['Bearer', 'without a'],
  ['Bearer ', 'without a'],
  ['tt_pat_x', 'without a scheme'],
  ['Bearer a b', 'with a space'],
  ['Bearer a\u0000b', 'characters that no token has'],
  ['Bearer ümlaut', 'characters that no token has'],
  ['Bearer "quoted"', 'characters that no token has'],
  [`Bearer ${'x'.repeat(3_000)}`, 'more than 2048 characters'],
  ['Basic YW5uOnNlY3JldA==', 'Basic is not offered'],
  ['Digest username="ann"', 'Digest is not offered'],
  ['Bearer,Bearer x', 'without a scheme'],
  ['Bearer tt_pat_', 'mistyped'],
  ['Bearer tt_pat_../../etc/passwd', 'mistyped'],
  ['Bearer unknown', 'no kind that is known'],
])('H2 the Authorization %j is refused and told why', async (authorization, why) => {
  await using world = await AuthenticationWorld.open();
  const { status, problem } = await world.ask('GET', '/tokens', { headers: { authorization } });
  expect(status).toBe(401);
  expect(problem?.detail).toContain(why);
  expect(problem?.challenge).toMatch(
    /^Bearer error="invalid_token", error_description="[ !#-[\]-~]+"$/,
  );
});

test.each([
  ['H3 alg none', jwt({ alg: 'none' })],
  ['H3 alg none without a signature', jwt({ alg: 'none' }).replace(/[^.]+$/, '')],
  ['H4 a MAC by a public key', jwt({ alg: 'HS256', typ: 'JWT' })],
  ['H5 an unknown key', jwt({ alg: 'EdDSA', kid: 'unknown' })],
  ['H5 a path as key', jwt({ alg: 'EdDSA', kid: '../../../dev/null' })],
  ['H5 a query as key', jwt({ alg: 'EdDSA', kid: "x' UNION SELECT 'secret" })],
  ['H6 a key brought along', jwt({ alg: 'EdDSA', jku: 'https://evil.example/keys' })],
  ['H6 a certificate brought along', jwt({ alg: 'RS256', x5u: 'https://evil.example/x' })],
  ['H7 not good before later', jwt({ alg: 'EdDSA' }, { nbf: 9_999_999_999 })],
  ['H7 over long ago', jwt({ alg: 'EdDSA' }, { exp: 1 })],
  ['H8 another audience', jwt({ alg: 'EdDSA' }, { aud: 'https://other.example' })],
  ['H9 another issuer', jwt({ alg: 'EdDSA' }, { iss: 'https://evil.example' })],
])(
  '%s: a token says nothing about itself, so it is refused as any that is unknown',
  async (_, token) => {
    await using world = await AuthenticationWorld.open();
    const headers = { authorization: `Bearer ${token}` };
    const { status, problem } = await world.ask('GET', '/tokens', { headers });
    expect(status).toBe(401);
    expect(problem?.detail).toContain('no kind that is known');
  },
);

test('H2 no Authorization, Cookie, protocol or address makes the guard fail otherwise than by refusing', async () => {
  await using world = await AuthenticationWorld.open();
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string().map((more) => `Bearer tt_pat_${more}`),
    fc.string().map((more) => `__Host-thingtalk=tt_session_${more}; ${more}`),
    fc.string().map((more) => `x, tt_ticket_${more}`),
  );
  const header = fc.option(fc.oneof(text, fc.array(text, { maxLength: 3 })), { nil: undefined });
  const visit = fc.record({
    method: fc.constantFrom('GET', 'POST', 'DELETE', 'X'),
    url: text.map((more) => `/ws?${more}`),
    headers: fc.record({
      host: header,
      origin: header,
      authorization: header,
      cookie: header,
      upgrade: header,
      'sec-fetch-site': header,
      'sec-websocket-protocol': header,
    }),
    address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()),
    isSecure: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(visit, async (one) => {
      try {
        const access = await world.parts.guard.admit(one);
        expect(access.principal.kind).toBe('anonymous');
      } catch (cause) {
        expect(cause).toBeInstanceOf(Problem);
        expect([400, 401, 403, 429]).toContain((cause as Problem).status);
      }
    }),
    { numRuns: 500 },
  );
});

test('H2 no body makes a login, a set-up, a token or a guest link fail otherwise than by refusing', async () => {
  await using world = await AuthenticationWorld.open();
  world.parts.setup.start();
  const { id } = await world.parts.people.create({ name: 'ann', password: goodPassword }, 'test');
  world.managers.add(id);
  const headers = { cookie: await world.logIn('ann'), origin: 'https://hub.local' };
  const value = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }));
  const names = ['code', 'name', 'password', 'old', 'new', 'link', 'expires', 'scopes', 'clientId'];
  const body = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 4 }),
  );
  const door = fc.constantFrom(
    ['POST', '/session'] as const,
    ['POST', '/setup'] as const,
    ['POST', '/tokens'] as const,
    ['POST', '/guests'] as const,
    ['POST', '/people'] as const,
    ['PUT', '/session/password'] as const,
    ['PATCH', `/people/${id}`] as const,
  );
  await fc.assert(
    fc.asyncProperty(door, body, async ([method, path], sent) => {
      const json = JSON.parse(JSON.stringify(sent));
      const { status } = await world.ask(method, path, { headers, body: json });
      world.clock.tick(60_000);
      expect(status).toBeLessThan(500);
    }),
    { numRuns: 300 },
  );
});

test('credentials that are wrong are refused even where anybody may come in', async () => {
  await using world = await AuthenticationWorld.open();
  const headers = { authorization: 'Bearer wrong' };
  const body = { name: 'ann', password: goodPassword };
  expect(await world.ask('POST', '/session', { headers, body })).toMatchObject({ status: 401 });
});

test('a thousand requests of one principal are let in each second, and those of others beside', async () => {
  await using world = await AuthenticationWorld.open();
  const visit = (address: string) => world.parts.guard.admit(world.visit('GET', '/', { address }));
  for (let at = 0; at < 1_000; at++) visit('192.0.2.7');
  expect(() => visit('192.0.2.7')).toThrow('too many requests');
  expect(visit('192.0.2.8')).toMatchObject({ principal: { id: 'anonymous' } });
  world.clock.tick(1_000);
  expect(visit('192.0.2.7')).toMatchObject({ principal: { id: 'anonymous' } });
});

test('what is asked with a promise is answered with one, and the first who knows decides', async () => {
  const { SecurityGuard } = await import('./guard.ts');
  await using world = await AuthenticationWorld.open();
  const entries: AuditEntry[] = [];
  const principal = { id: 'device_1', kind: 'device', name: 'lamp' } as const;
  const guard = new SecurityGuard({
    authenticators: [
      { authenticate: async () => undefined },
      { authenticate: () => ({ principal, credential: 'device_1' }) },
      {
        authenticate: () => {
          throw new Error('is not asked');
        },
      },
    ],
    policy: { accessOf: () => world.parts.guard.admit(world.visit('GET', '/')) as never },
    clock: world.clock,
    audit: { record: (entry) => void entries.push(entry) },
  });
  const access = await guard.admit(world.visit('GET', '/'));
  expect(guard.identityOf(access).principal).toEqual(principal);
});

test('T11 no secret is in what is recorded, refused or kept', async () => {
  await using world = await AuthenticationWorld.open();
  world.parts.setup.start();
  const canary = 'canary-vqx-81734';
  const code = world.codes[0] ?? '';
  const refused: unknown[] = [];
  const ask = async (...asking: Parameters<AuthenticationWorld['ask']>) => {
    const { problem } = await world.ask(...asking);
    refused.push(JSON.stringify(problem), problem?.message, problem?.challenge);
  };
  await ask('POST', '/setup', { body: { code, name: 'ann', password: canary } });
  await ask('POST', '/setup', { body: { code: canary, name: 'ann', password: canary } });
  await ask('POST', '/session', { body: { name: canary, password: canary } });
  await ask('POST', '/session', { body: { name: 'ann', password: [canary] } });
  await ask('POST', '/session', { body: { link: canary } });
  await ask('GET', '/tokens', { headers: { authorization: `Bearer ${canary}` } });
  await ask('GET', '/tokens', { headers: { authorization: `Basic ${canary}` } });
  await ask('GET', '/tokens', { headers: { authorization: canary } });
  await ask('GET', `/tokens?access_token=${canary}`);
  await ask('GET', `/ws?ticket=${canary}`, { headers: { upgrade: 'websocket' } });
  const cookie = await world.logIn('ann', canary);
  const headers = { cookie, origin: 'https://hub.local' };
  await ask('PUT', '/session/password', { headers, body: { old: `${canary}x`, new: canary } });
  const kept = await Promise.all(
    ['people', 'sessions', 'tokens', 'guests', 'setup'].map((name) => world.store.list(name)),
  );
  const all = JSON.stringify([refused, world.entries, kept]);
  expect(all).not.toContain(canary);
  expect(all).not.toContain(code);
  expect(all).not.toContain(cookie.slice(-50));
});
