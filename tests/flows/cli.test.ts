import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { defineThing, Servient } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { root } from '../architecture/house.ts';
import { startGatewayWorld } from '../support/gateway-world.ts';

// Each command is a process of its own, and a busy machine starts a Node in seconds rather than in half of one.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const bin = join(root, 'packages/cli/bin/thingtalk.js');
const lampFile = join(root, 'examples/lamp/lamp.ts');
const lamp = 'urn:dev:ops:my-lamp-1234';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thingtalk-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** With the condition given, the command need not start Node a second time. */
const start = ['-C', '@thingtalk/source', bin];

interface Ended {
  readonly code: number | string | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end, in a folder of its own. */
async function thingtalk(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const options = { cwd: folder, env: { ...process.env, ...env } };
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [...start, ...args],
      options,
    );
    return { code: 0, out: stdout.trimEnd(), err: stderr.trimEnd() };
  } catch (error) {
    const {
      code = null,
      stdout,
      stderr,
    } = error as ChildProcess & {
      readonly code?: number;
      readonly stdout: string;
      readonly stderr: string;
    };
    return { code, out: String(stdout).trimEnd(), err: String(stderr).trimEnd() };
  }
}

/** A command that goes on: its lines as they come, and its end. */
class Running implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly ended: Promise<number | NodeJS.Signals | null>;

  constructor(args: readonly string[], node = process.execPath, before = start) {
    this.#child = spawn(node, [...before, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('no output');
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(code ?? signal));
    });
  }

  async line(): Promise<string> {
    const { value } = await this.#lines.next();
    return String(value);
  }

  async json<T>(): Promise<T> {
    return JSON.parse(await this.line());
  }

  /** Passes lines until one matches. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = await this.line();
      if (pattern.test(line)) return line;
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.kill('SIGKILL');
    await this.ended;
  }
}

const quiet = ['--json', '--log-level', 'silent'];
const anyPorts = ['--http-port', '0', '--mqtt-port', '0'];

describe('a lamp that is exposed from its file', () => {
  let served: Running;
  let url: string;
  const on = (...args: string[]) => thingtalk([...args, '--url', url]);

  beforeAll(async () => {
    served = new Running(['expose', lampFile, '--http', '0', ...quiet]);
    url = (await served.json<{ readonly http: string }>()).http;
  });
  afterAll(() => served[Symbol.asyncDispose]());

  test('is listed, described and read', async () => {
    const [things, td, values] = await Promise.all([on('things'), on('td', lamp), on('get', lamp)]);
    expect(things.out).toMatch(/urn:dev:ops:my-lamp-1234 +My Lamp +on brightness +fade/);
    expect(JSON.parse(td.out).title).toBe('My Lamp');
    expect(values).toEqual({ code: 0, out: 'on          true\nbrightness  50', err: '' });
  });

  test('is written and invoked', async () => {
    expect((await on('set', lamp, 'brightness', '40')).out).toBe('40');
    expect((await on('get', lamp, 'brightness', '--fresh')).out).toBe('40');
    const input = '{"brightness":7,"duration":10}';
    expect(await on('invoke', lamp, 'fade', input, '--wait')).toMatchObject({
      code: 0,
      out: 'completed',
    });
    expect(JSON.parse((await on('get', lamp, '--json')).out)).toEqual({ on: true, brightness: 7 });
  });

  test.each([
    [['get', 'nobody'], /nobody.*thing-not-found/],
    [['get', lamp, 'colour'], /has no property 'colour'; it has: on, brightness/],
    [['set', lamp, 'brightness', '101'], /101 is more than the maximum 100.*data-schema-mismatch/],
    [['set', lamp, 'brightness', 'high'], /data-schema-mismatch/],
    [['invoke', lamp, 'fade', '{"brightness":1}'], /duration.*data-schema-mismatch/],
  ])('refuses %j with 1 and what was wrong', async (args, message) => {
    const { code, out, err } = await on(...args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(message);
  });

  test('is watched until Ctrl-C, which is no failure', async () => {
    await using watching = new Running(['watch', lamp, '--json', '--url', url]);
    await watching.until(/"name":"on"/);
    await on('set', lamp, 'on', 'false');
    expect(JSON.parse(await watching.until(/"name":"on","value":false/))).toMatchObject({
      thing: lamp,
      kind: 'property',
    });
    await on('invoke', lamp, 'fade', '{"brightness":3,"duration":1}');
    await watching.until(/"kind":"event","name":"overheated","value":102/);
    watching.kill('SIGINT');
    expect(await watching.ended).toBe(0);
  });

  test('has no colours in a pipe', async () => {
    expect((await on('things')).out).not.toContain('\u001b');
  });
});

test('a gateway with the virtual house says where to look, and drains at SIGTERM', async () => {
  await using gateway = new Running(['gateway', '--virtual-house', ...anyPorts, ...quiet]);
  const said = await gateway.json<{ http: string; mqtt: string; things: number }>();
  expect(said.things).toBeGreaterThan(12);
  expect(said.mqtt).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+$/);
  expect((await fetch(`${said.http}/things`)).status).toBe(200);
  gateway.kill('SIGTERM');
  expect(await gateway.ended).toBe(0);
});

test('for a person a gateway prints its addresses and how to end it', async () => {
  await using gateway = new Running(['gateway', ...anyPorts, '--log-level', 'silent']);
  expect(await gateway.line()).toBe(
    'DEMO, without security: everybody on this machine may do everything',
  );
  expect(await gateway.line()).toMatch(/^thingTalk \d+\.\d+\.\d+ serves \d+ things$/);
  expect(await gateway.line()).toMatch(/Things +http:\/\/127\.0\.0\.1:\d+\/things/);
  await gateway.until(/Ctrl-C/);
  gateway.kill('SIGINT');
  expect(await gateway.ended).toBe(0);
});

test('a port that is taken is named, with the ways to choose another', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  const address = await new Promise<{ readonly port: number }>((resolve) => {
    other.once('listening', () => resolve(other.address() as { port: number }));
  });
  const port = String(address.port);
  const { code, err } = await thingtalk([
    'gateway',
    '--http-port',
    port,
    '--mqtt-port',
    '0',
    '--log-level',
    'silent',
  ]);
  other.close();
  expect(code).toBe(2);
  expect(err).toMatch(
    new RegExp(`^thingtalk: --http-port: port ${port} is taken.*THINGTALK_HTTP_PORT`),
  );
});

test('settings: a flag wins over the environment, that over the file, and mistakes have their line', async () => {
  const file = join(folder, 'thingtalk.yaml');
  await writeFile(file, 'http:\n  port: 0\nmqtt:\n  prot: 0\n');
  const { code, err } = await thingtalk(['gateway', '--config', file]);
  expect(code).toBe(2);
  expect(err).toMatch(/thingtalk\.yaml:4.*prot/);
});

test('a thing is exposed on the broker of a gateway, and lives there', async () => {
  await using gateway = new Running(['gateway', ...anyPorts, ...quiet]);
  const { http, mqtt } = await gateway.json<{ http: string; mqtt: string }>();
  await using exposed = new Running(['expose', lampFile, '--broker', mqtt, '--json']);
  expect(await exposed.json()).toEqual({ broker: mqtt, things: [lamp] });
  const second = await thingtalk(['expose', lampFile, '--broker', mqtt]);
  expect(second.code).toBe(1);
  expect(second.err).toMatch(/^thingtalk: another process keeps its things in \S+ \(conflict\)$/);
  expect((await thingtalk(['set', lamp, 'brightness', '9', '--url', http])).out).toBe('9');
  exposed.kill('SIGTERM');
  expect(await exposed.ended).toBe(0);
  const { code, err } = await thingtalk(['set', lamp, 'brightness', '8', '--url', http]);
  expect(code).toBe(1);
  expect(err).toMatch(/thing-unreachable/);
});

test('a broker that is not there ends with 3', async () => {
  const { code, err } = await thingtalk(['expose', lampFile, '--broker', 'mqtt://127.0.0.1:1']);
  expect(code).toBe(3);
  expect(err).toMatch(/^thingtalk: .*127\.0\.0\.1:1/);
});

test('doctor tells what stands and what to do', async () => {
  await using gateway = new Running(['gateway', ...anyPorts, ...quiet]);
  const { http } = await gateway.json<{ http: string }>();
  const { code, out } = await thingtalk(['doctor', '--url', http, ...anyPorts, '--json']);
  expect(code).toBe(0);
  const findings: { name: string; state: string }[] = JSON.parse(out);
  expect(findings.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'Node ok',
    'Clock ok',
    'Data directory ok',
    'HTTP port ok',
    'MQTT port ok',
    'Gateway ok',
  ]);
  const failing = await thingtalk(['doctor', '--broker', 'mqtt://127.0.0.1:1', '--http-port', '0']);
  expect(failing).toMatchObject({ code: 1, err: 'thingtalk: to be mended first: Broker' });
});

const oldNode = '/usr/bin/node';
test.runIf(existsSync(oldNode))(
  'another Node starts the pinned one and passes its end on',
  async () => {
    await using gateway = new Running(['gateway', ...anyPorts, ...quiet], oldNode, [bin]);
    await gateway.json();
    gateway.kill('SIGTERM');
    expect(await gateway.ended).toBe(0);
    await using wrong = new Running(['gett'], oldNode, [bin]);
    expect(await wrong.ended).toBe(2);
  },
);

test('to watch everything is to watch Things that come later too, until they go', async () => {
  await using world = await startGatewayWorld();
  const { gateway } = world;
  await using watching = new Running(['watch', '--json', '--url', gateway.httpUrl]);
  await watching.until(/"name":"startedAt"/);
  await using bus = await MqttBus.connect(gateway.mqttUrl);
  await using servient = new Servient({ bus });
  const late = defineThing('urn:test:late', {
    title: 'Late',
    properties: { level: { type: 'integer' } },
  });
  for (const level of [1, 2]) {
    const thing = await servient.expose(late);
    thing.report('level', level);
    await watching.until(new RegExp(`"thing":"urn:test:late".*"name":"level","value":${level}`));
    const gone = world.gone(late.id);
    await thing.remove();
    await gone;
  }
});

test('an MQTT port that is taken ends the program as well', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  const ended = await thingtalk(['gateway', '--http-port', '0', '--mqtt-port', String(port)]);
  other.close();
  expect(ended.code).toBe(2);
  expect(ended.err).toMatch(new RegExp(`^thingtalk: --mqtt-port: port ${port} is taken`));
});
