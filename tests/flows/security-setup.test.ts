import { once } from 'node:events';
import { chmod, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startGateway } from '@thingtalk/gateway';
import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { counter } from '../support/counter.ts';
import {
  goodPassword,
  startSecuredGateway,
  startUnclaimedGateway,
} from '../support/secured-gateway.ts';
import { runCommand } from '../support/shell.ts';

const everywhere = { httpHost: '0.0.0.0', mqttHost: '0.0.0.0' } as const;

/** Another address of this machine: what listens on 127.0.0.1 alone is not there. */
const elsewhere = '127.0.0.2';

async function isOpen(port: number): Promise<boolean> {
  const socket = connect({ host: elsewhere, port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test('set up by command: until then it serves its machine alone, afterwards where its settings say, and curl trusts it', async () => {
  await using world = await startUnclaimedGateway(everywhere);
  const { gateway, caFile, thingtalk } = world;
  const httpsPort = Number(new URL(gateway.httpUrl).port);
  const mqttsPort = Number(new URL(gateway.mqttUrl).port);
  expect(gateway.isSetUp).toBe(false);
  expect([await isOpen(httpsPort), await isOpen(mqttsPort)]).toEqual([false, false]);
  expect(world.log.some(({ message }) => message.startsWith('not set up yet'))).toBe(true);
  expect((await world.ask('/things')).status).toBe(401);

  const passwordFile = join(gateway.settings.data, 'password.txt');
  await writeFile(passwordFile, `${goodPassword}\n`);
  const [code = ''] = world.codes;
  const answers = ['--name', 'ada', '--password-file', passwordFile];
  const wrong = await thingtalk('setup', '--code', 'wrong', ...answers);
  expect([wrong.code, wrong.err.length]).toEqual([1, 1]);
  const done = await thingtalk('setup', '--code', code, ...answers);
  expect(done).toMatchObject({ code: 0, err: [expect.stringContaining('ada administers')] });
  await gateway.setUp;
  expect([await isOpen(httpsPort), await isOpen(mqttsPort)]).toEqual([true, true]);

  const file = join(gateway.settings.data, 'thingtalk', 'logins.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await thingtalk('users', 'list')).out[1]).toContain('ada');
  expect((await thingtalk('setup', '--code', code, ...answers)).code).toBe(1);
  for (const host of ['localhost', elsewhere]) {
    const resolve = `--connect-to ::${host}:${httpsPort}`;
    const health = `curl -sf --cacert ${caFile} ${resolve} https://localhost:${httpsPort}/health`;
    expect(await runCommand(health)).toBe('{"status":"up"}');
  }
});

test('what was set up is so after a restart, without another code', async () => {
  await using world = await startUnclaimedGateway();
  const [code = ''] = world.codes;
  const body = { code, name: 'ada', password: goodPassword };
  expect((await world.ask('/setup', { method: 'POST', body })).status).toBe(201);
  await world.gateway.drain();
  const { settings } = world.gateway;
  const codes: string[] = [];
  await using again = await startGateway(
    { ...settings, ...everywhere, httpPort: 0, mqttPort: 0, mqttTlsPort: 0, logLevel: 'silent' },
    { security: { showSetupCode: (shown) => void codes.push(shown) } },
  );
  expect([again.isSetUp, codes]).toEqual([true, []]);
  expect(await isOpen(Number(new URL(again.httpUrl).port))).toBe(true);
});

test('doctor --security looks at what keeps strangers out, and says what to mend', async () => {
  await using world = await startSecuredGateway();
  const { data } = world.gateway.settings;
  const { thingtalk, admin } = world;
  const examine = async () => (await thingtalk('doctor', '--security', '--token', admin.token)).out;
  const found = (await examine()).join('\n');
  expect(found).toContain('what is secret is its owner alone');
  expect(found).toContain('warn  Administrators: 1 manage the gateway');
  expect(found).toContain('ok    Grants to anybody: none');
  await chmod(join(data, 'master.key'), 0o644);
  expect((await examine()).join('\n')).toContain(`chmod go= ${join(data, 'master.key')}`);
});

test('a guest comes in for one thing until a day is over, by one command', async () => {
  await using world = await startSecuredGateway({}, { expose: [counter] });
  const { thingtalk, admin } = world;
  const { policy } = world.security;
  const as = (...args: string[]) => thingtalk(...args, '--token', admin.token);
  const { out } = await as('links', 'add', 'Counter', counter.id, '--until', 'sunday');
  const [token = ''] = out;
  const things = await (await world.ask('/things', { token })).json();
  expect(things).toMatchObject([{ id: counter.id }]);
  expect(policy.grants.list()).toHaveLength(1);
  const why = await as('policy', 'explain', 'anonymous', 'read', counter.id);
  expect(why.out[0]).toMatch(/^denied: /);
  const [, link = ''] = (await as('links', 'list')).out;
  const [id = ''] = link.split(' ');
  await as('links', 'revoke', id);
  expect((await world.ask('/things', { token })).status).toBe(401);
});

test('tokens and grants are made, listed and taken back by commands', async () => {
  await using world = await startSecuredGateway({}, { expose: [counter] });
  const as = (...args: string[]) => world.thingtalk(...args, '--token', world.admin.token);
  const idOf = (line = '') => line.split(' ')[0] ?? '';
  const [token = ''] = (await as('tokens', 'add', 'dashboard', '--until', '90d')).out;
  const tokenLine = (await as('tokens', 'list')).out.find((line) => line.includes('dashboard'));
  await as('tokens', 'revoke', idOf(tokenLine));
  expect((await world.ask('/things', { token })).status).toBe(401);
  await as('grants', 'add', 'people', 'read', counter.id);
  const [head, grantLine] = (await as('grants', 'list')).out;
  expect([head?.split(/ +/), grantLine]).toEqual([
    ['ID', 'SAYS'],
    expect.stringContaining('may read Counter'),
  ]);
  await as('grants', 'remove', idOf(grantLine));
  expect((await as('grants', 'list')).out).toEqual([]);
});

test('nobody comes to the broker without credentials, by any of its doors', async () => {
  await using world = await startUnclaimedGateway();
  const { mqttUrl, httpUrl } = world.gateway;
  for (const url of [mqttUrl, `${httpUrl.replace('https', 'wss')}/mqtt`]) {
    const options = { ca: world.ca, reconnectPeriod: 0, protocolVersion: 4 } as const;
    await expect(connectAsync(url, options)).rejects.toThrow(/[Nn]ot authorized/);
  }
});

test('a demo serves its own machine alone, and says that it is one', async () => {
  await expect(startGateway({ security: 'demo', httpHost: '0.0.0.0' })).rejects.toThrow(
    "--http-host: '0.0.0.0' is not a loopback address: a demo has no security",
  );
});
