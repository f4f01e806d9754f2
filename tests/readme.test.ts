import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testProgram } from '@thingtalk/core/testing';
import { describe, expect, test, vi } from 'vitest';
import { read } from './docs/generated.ts';
import { runCommand, startCommand } from './support/shell.ts';

// Each test starts a whole gateway through npm, on a machine that runs other suites at the same time.
vi.setConfig({ testTimeout: 60_000 });

const snippets = [...read('README.md').matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = '']) =>
  text.trim(),
);
const [start = '', testing = '', expose = '', bareDevice = '', curl = ''] = snippets;
const [secured = '', setup = '', letIn = ''] = snippets.slice(5);
const publisher = testProgram('THINGTALK_TEST_MOSQUITTO_PUB');

/** The README's first command, on ports that are free, with data of its own. */
async function startAsReadmeSays() {
  const data = await mkdtemp(join(tmpdir(), 'thingtalk-readme-'));
  const gateway = startCommand(start, {
    THINGTALK_HTTP_PORT: '0',
    THINGTALK_MQTT_PORT: '0',
    THINGTALK_DATA: data,
  });
  const [http = ''] = await gateway.says(/http:\/\/127\.0\.0\.1:\d+/);
  const [, mqttPort = ''] = await gateway.says(/mqtt:\/\/127\.0\.0\.1:(\d+)/);
  return {
    http,
    mqttPort,
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** What an address answers, once it answers with 200. */
async function answered(url: string): Promise<unknown> {
  for (;;) {
    const response = await fetch(url);
    if (response.ok) return response.json();
    await response.body?.cancel();
    expect(response.status).toBeOneOf([404, 503]);
  }
}

describe('README.md', () => {
  test('has the eight shell snippets that this suite runs', () => {
    expect(snippets).toHaveLength(8);
    expect(testing).toBe('npm test');
    expect(JSON.parse(read('package.json')).scripts).toHaveProperty('test');
  });

  test('its first command starts a gateway with a house of things', async () => {
    await using gateway = await startAsReadmeSays();
    const things = await answered(`${gateway.http}/things`);
    expect(things).toSatisfy((list: readonly unknown[]) => list.length >= 12);
  });

  test('its lamp is served by the line below it', async () => {
    // What npx runs; a signal to npx itself would not reach it.
    const command = expose.replace('npx ', 'node_modules/.bin/').replace('8081', '0');
    await using lamp = startCommand(command);
    const [base = ''] = await lamp.says(/http:\/\/127\.0\.0\.1:\d+/);
    const level = await answered(`${base}/things/urn:dev:desk-lamp/properties/level`);
    expect(level).toBe(100);
  });

  test.skipIf(publisher === undefined)('its lamp without us can be read', async () => {
    await using gateway = await startAsReadmeSays();
    await runCommand(
      bareDevice.replaceAll('mosquitto_pub', `'${publisher}' -p ${gateway.mqttPort}`),
    );
    const [, url = ''] = /^curl (\S+)$/.exec(curl) ?? [];
    expect(await answered(url.replace('http://127.0.0.1:8080', gateway.http))).toBe(true);
  });

  test('its secured gateway is set up and lets others in, as it says', async () => {
    const data = await mkdtemp(join(tmpdir(), 'thingtalk-readme-'));
    const passwords = join(data, 'passwords');
    await writeFile(passwords, 'vlaqhpt-9-orkney\n');
    const local = (command: string) => command.replaceAll('npx ', 'node_modules/.bin/');
    const ports = {
      THINGTALK_HTTP_PORT: '0',
      THINGTALK_MQTT_PORT: '0',
      THINGTALK_MQTT_TLS_PORT: '0',
    };
    const env = { THINGTALK_DATA: data, XDG_CONFIG_HOME: data, THINGTALK_SECURITY: '' };
    await using gateway = startCommand(local(secured), { ...ports, ...env });
    const [, code = ''] = await gateway.says(/code, good for 15 minutes: (\S+)/);
    const [, url = ''] = await gateway.says(/at (https:\/\/127\.0\.0\.1:\d+)\/setup/);
    const answers = `--code ${code} --name ada --password-file ${passwords}`;
    await runCommand(`${local(setup)} --url ${url} ${answers}`, env);
    await gateway.says(/https:\/\/localhost:\d+\/things/);
    const asked = local(letIn).replace('add bob', `add bob --password-file ${passwords}`);
    expect(await runCommand(asked, env)).toMatch(/^tt_guest_/);
    await gateway.stop();
    await rm(data, { recursive: true, force: true });
  });
});
