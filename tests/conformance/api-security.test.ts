import { expect, test } from 'vitest';
import { counter } from '../support/counter.ts';
import { startGatewayWorld } from '../support/gateway-world.ts';
import { goodPassword, startSecuredGateway } from '../support/secured-gateway.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, SecuredOperation>>>>;
  readonly components: {
    readonly securitySchemes?: {
      readonly session: { readonly name: string };
      readonly oauth2: {
        readonly flows: {
          readonly authorizationCode: Readonly<Record<'authorizationUrl' | 'tokenUrl', string>> & {
            readonly scopes: object;
          };
        };
      };
    };
  };
}

interface SecuredOperation {
  readonly operationId: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
}

/** Every operation of a document, as it is asked for. */
function operationsOf({ paths }: Document) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([name, operation]) => ({
      ...operation,
      method: name.toUpperCase(),
      target: path.replaceAll(/\{\w+\}/g, 'x'),
    })),
  );
}

test('an operation says that it wants credentials exactly where the server wants them', async () => {
  await using world = await startSecuredGateway({}, { expose: [counter] });
  const { token } = world.admin;
  const document: Document = await (await world.ask('/openapi.json', { token })).json();
  const operations = operationsOf(document);
  expect(operations.length).toBeGreaterThan(90);
  for (const { method, target, security } of operations) {
    const { status, headers, body } = await world.ask(target, { method });
    await body?.cancel();
    expect([method, target, status === 401]).toEqual([method, target, security?.length !== 0]);
    if (status === 401) expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
  }
  const schemes = Object.keys(document.components.securitySchemes ?? {});
  for (const { operationId, security = [] } of operations) {
    if (security.length === 0) continue;
    expect([operationId, ...security.flatMap(Object.keys)]).toEqual([operationId, ...schemes]);
  }
});

test('each way to show who one is works as the document says it', async () => {
  await using world = await startSecuredGateway();
  const document: Document = await (await world.ask('/openapi.json')).json();
  const { securitySchemes: schemes } = document.components;
  const metadata = await (await world.ask('/.well-known/oauth-authorization-server')).json();
  expect(schemes?.oauth2.flows.authorizationCode).toMatchObject({
    authorizationUrl: metadata.authorization_endpoint,
    tokenUrl: metadata.token_endpoint,
  });
  const scopes = Object.keys(schemes?.oauth2.flows.authorizationCode.scopes ?? {});
  expect(scopes).toEqual(metadata.scopes_supported);
  const login = { method: 'POST', body: { name: 'ada', password: goodPassword } };
  const cookie = (await world.ask('/session', login)).headers.get('set-cookie')?.split(';')[0];
  expect(cookie?.split('=')[0]).toBe(schemes?.session.name);
  const asBrowser = await world.ask('/session', { headers: { cookie: cookie ?? '' } });
  const asProgram = await world.ask('/session', { token: world.admin.token });
  expect([asBrowser.status, asProgram.status]).toEqual([200, 200]);
});

test('what one may do with a Thing, and who manages, are the scopes of OAuth', async () => {
  await using world = await startSecuredGateway({}, { expose: [counter] });
  const { token } = world.admin;
  const document: Document = await (await world.ask('/openapi.json', { token })).json();
  const scopesOf = (wanted: string) =>
    operationsOf(document)
      .find(({ operationId }) => operationId === wanted)
      ?.security?.flatMap(({ oauth2 = [] }) => oauth2);
  expect(scopesOf(`${counter.id}/write/level`)).toEqual(['write']);
  expect(scopesOf(`${counter.id}/invoke/wait`)).toEqual(['invoke']);
  expect(scopesOf('listAudit')).toEqual(['manage']);
  expect(scopesOf('openapi')).toEqual([]);
});

test('where everybody may do everything nothing is said of credentials', async () => {
  await using world = await startGatewayWorld({}, { expose: [counter] });
  await world.when(counter.id);
  const document: Document = await (await world.fetch('/openapi.json')).json();
  expect(document.components.securitySchemes).toBeUndefined();
  expect(operationsOf(document).some(({ security }) => security !== undefined)).toBe(false);
});
