import type { ThingDefinition } from '@thingtalk/core';
import type { GatewayParts, GatewaySettings } from '@thingtalk/gateway';
import { PasswordHasher } from '@thingtalk/security';
import { type GatewayWorld, startGatewayWorld } from './gateway-world.ts';

/** A password that no rule refuses. */
export const goodPassword = 'vlaqhpt-9-orkney';

/** A gateway that was set up, and somebody who manages it. */
export interface SecuredWorld extends GatewayWorld {
  readonly base: string;
  readonly mqttPort: number;
  /** API token of somebody who manages the gateway. */
  readonly token: string;
  /** Asks as that somebody. */
  readonly ask: (method: string, path: string, body?: object) => Promise<Response>;
  /** The same; gives what is answered. @throws where it is refused. */
  readonly manage: <T>(method: string, path: string, body?: object) => Promise<T>;
}

/** Starts one on this machine, over plain HTTP and MQTT, and sets it up by the code it shows. */
export async function startSecuredWorld(
  expose: readonly ThingDefinition[] = [],
  settings: Partial<GatewaySettings> = {},
  parts: GatewayParts = {},
): Promise<SecuredWorld> {
  const shown = Promise.withResolvers<string>();
  // Passwords are not what is tested: they may cost little.
  const hasher = new PasswordHasher({ memory: 64, passes: 1, lanes: 1 });
  const security = { hasher, env: {}, showSetupCode: shown.resolve };
  const world = await startGatewayWorld(
    { security: 'on', tlsMode: 'off', ...settings },
    { expose, security, ...parts },
  );
  const { gateway } = world;
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    world.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: gateway.httpUrl, ...headers },
      body: JSON.stringify(body),
    });
  const root = { name: 'root', password: goodPassword };
  await answered(await post('/setup', { ...root, code: await shown.promise }));
  await gateway.setUp;
  const session = await post('/session', root);
  const cookie = session.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  const expires = new Date(Date.now() + 3_600_000).toISOString();
  const { token } = await answered<{ token: string }>(
    await post('/tokens', { name: 'test', expires }, { cookie }),
  );
  const ask = (method: string, path: string, body?: object) =>
    world.fetch(path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  for (const { id } of expose) await world.when(id);
  return {
    ...world,
    ...{ token, ask, base: gateway.httpUrl, mqttPort: Number(new URL(gateway.mqttUrl).port) },
    manage: async (method, path, body) => answered(await ask(method, path, body)),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** What an answer holds. @throws where it is a refusal. */
export async function answered<T>(answer: Response): Promise<T> {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
