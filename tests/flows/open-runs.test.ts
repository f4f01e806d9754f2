import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MqttBus } from '@thingtalk/core/mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { root } from '../architecture/house.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts';
import { hasMosquitto, type Mosquitto, startMosquitto } from '../support/mosquitto.ts';
import { kill9 } from '../support/mosquitto-tools.ts';

const thing = 'urn:dev:press';

let folder = '';
let mosquitto: Mosquitto;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thingtalk-runs-'));
  mosquitto = await startMosquitto();
});

afterEach(async () => {
  await mosquitto[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const startGateway = () =>
  startGatewayProcess({ data: join(folder, 'data'), flags: ['--broker', mosquitto.url] });

/** The press in a process of its own; disposing of it kills it. */
interface Press extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Resolves when it has begun the run. */
  begun(id: string): Promise<void>;
}

async function startPress(): Promise<Press> {
  const program = join(root, 'tests/support/press-process.ts');
  const args = ['-C', '@thingtalk/source', program, mosquitto.url, join(folder, 'begun')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const heard = new Set<string>();
  lines.on('line', (line) => heard.add(line));
  const until = async (line: string) => {
    while (!heard.has(line)) await once(lines, 'line');
  };
  await until('exposed');
  return {
    child,
    begun: (id) => until(`begun ${id}`),
    [Symbol.asyncDispose]: () => kill9(child),
  };
}

/** How often a run was begun, by whatever process. */
async function timesBegun(id: string): Promise<number> {
  const lines = (await readFile(join(folder, 'begun'), 'utf8')).split('\n');
  return lines.filter((line) => line === id).length;
}

/** Asks for a run under the key; no answer is one too. */
async function post(
  gateway: GatewayProcess,
  action: string,
  key: string,
): Promise<Response | undefined> {
  return fetch(`${gateway.http}/things/${thing}/actions/${action}`, {
    method: 'POST',
    headers: { 'idempotency-key': key },
  }).catch(() => undefined);
}

const known = (gateway: GatewayProcess) =>
  expect.poll(async () => (await fetch(`${gateway.http}/things/${thing}/status`)).json());

async function statusOf(gateway: GatewayProcess, action: string, key: string): Promise<unknown> {
  return (await fetch(`${gateway.http}/things/${thing}/actions/${action}/${key}`)).json();
}

describe.skipIf(!hasMosquitto())('a gateway that is killed', () => {
  test('before the Thing has answered finds the run again, follows it to its output, and it happened once', async () => {
    await using press = await startPress();
    {
      await using gateway = await startGateway();
      await known(gateway).toMatchObject({ online: true });
      await using bus = await MqttBus.connect(mosquitto.url);
      const asked = Promise.withResolvers<void>();
      await bus.subscribe(`things/${thing}/request_action/#`, () => asked.resolve());
      press.child.kill('SIGSTOP');
      const answer = post(gateway, 'press', 'key-1');
      await asked.promise;
      await gateway.kill9();
      expect(await answer).toBeUndefined();
    }
    press.child.kill('SIGCONT');
    await press.begun('key-1');
    await using gateway = await startGateway();
    await expect
      .poll(() => statusOf(gateway, 'press', 'key-1'), { timeout: 10_000 })
      .toMatchObject({ status: 'completed', output: 1 });
    const again = await post(gateway, 'press', 'key-1');
    expect([again?.status, await again?.json()]).toMatchObject([201, { status: 'completed' }]);
    expect(await timesBegun('key-1')).toBe(1);
  }, 180_000);

  test('together with the Thing has what is idempotent run once more, and of the rest says that nobody knows', async () => {
    {
      await using press = await startPress();
      await using gateway = await startGateway();
      await known(gateway).toMatchObject({ online: true });
      const answers = [post(gateway, 'press', 'key-p'), post(gateway, 'home', 'key-h')];
      await Promise.all([press.begun('key-p'), press.begun('key-h')]);
      await Promise.all([gateway.kill9(), kill9(press.child)]);
      await Promise.all(answers);
    }
    await using gateway = await startGateway();
    await using _press = await startPress();
    await expect
      .poll(() => statusOf(gateway, 'home', 'key-h'), { timeout: 10_000 })
      .toMatchObject({ status: 'completed', output: 2 });
    expect(await statusOf(gateway, 'press', 'key-p')).toMatchObject({
      status: 'failed',
      error: { type: 'urn:thingtalk:problem:action-outcome-unknown' },
    });
    const again = await post(gateway, 'press', 'key-p');
    expect([again?.status, await again?.json()]).toMatchObject([201, { status: 'failed' }]);
    expect([await timesBegun('key-p'), await timesBegun('key-h')]).toEqual([1, 2]);
  }, 180_000);
});
