import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { virtualHouse } from '@thingtalk/adapter-virtual';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { startGatewayWorld } from '../support/gateway-world.ts';
import { type RunningCommand, runCommand, startCommand } from '../support/shell.ts';

// Each is a process of its own, and a busy machine starts a Node in seconds rather than in half of one.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const node = `"${process.execPath}" -C @thingtalk/source`;
const thingtalk = `${node} packages/cli/bin/thingtalk.js`;

/** A name that no other test's gateway has: all of them share this machine's multicast. */
const uniqueName = () => `Test ${crypto.randomUUID().slice(0, 18)}`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thingtalk-discovery-'));
  return () => rm(folder, { recursive: true, force: true });
});

/** A gateway with the lamp, in a process of its own, that announces itself. */
async function exposeLamp(name: string): Promise<RunningCommand> {
  const data = await mkdtemp(join(folder, 'gateway-'));
  const settings = { THINGTALK_DISCOVERY: 'on', THINGTALK_NAME: name };
  return startCommand(
    `${thingtalk} expose examples/lamp/lamp.ts --http 0 --data "${data}" --log-level info`,
    settings,
  );
}

test('a second process finds the first on multicast and consumes its lamp through the TD alone', async () => {
  const name = uniqueName();
  await using gateway = await exposeLamp(name);
  await gateway.says(/announced by DNS-SD/);
  await using stranger = startCommand(`${node} tests/support/stranger.ts "${name}"`);
  await stranger.says(/brightness 42$/m);
  expect(stranger.said.split('\n')).toEqual([
    'found a Directory',
    'it is a ThingDirectory',
    expect.stringMatching(/^brightness \d+$/),
    ...stranger.said.split('\n').filter((line) => line.startsWith('observed')),
    'brightness 42',
  ]);
  expect(stranger.said).toContain('observed 42');
});

interface Discovered {
  readonly id: string;
  readonly title: string;
  readonly href: string;
  readonly from: string;
  readonly via: string;
  readonly adopted: boolean;
}

describe('a gateway that announces itself', () => {
  let name = '';
  let gateway: RunningCommand;

  beforeAll(async () => {
    name = uniqueName();
    gateway = await exposeLamp(name);
    await gateway.says(/announced by DNS-SD/);
    return () => gateway.stop();
  });

  test('is found by thingtalk discover, which needs no gateway', async () => {
    const found: Discovered[] = JSON.parse(await runCommand(`${thingtalk} discover --json`));
    const own = found.filter(({ from }) => from === name);
    expect(own).toContainEqual(
      expect.objectContaining({ title: 'thingTalk gateway', via: 'dns-sd' }),
    );
    const { id, title } = await (await fetch(own[0]?.href ?? '')).json();
    expect(own[0]).toMatchObject({ id, title });
  });

  test('is offered by another gateway, which adopts and forgets what it found by one command each', async () => {
    await using world = await startGatewayWorld({ discovery: 'on', name: uniqueName() });
    const discovered = async (): Promise<readonly Discovered[]> =>
      (await world.fetch('/discovered')).json();
    // The gateway's own Thing: its id is nobody else's, while lamps abound where tests run side by side.
    const offer = async () =>
      (await discovered()).find((one) => one.from === name && one.title === 'thingTalk gateway');
    await expect.poll(offer, { timeout: 20_000 }).toMatchObject({ adopted: false });
    const id = (await offer())?.id ?? '';
    const path = `/things/${encodeURIComponent(id)}`;
    const at = `--url ${world.gateway.httpUrl}`;

    await runCommand(`${thingtalk} adopt ${id} ${at}`);
    expect(await offer()).toMatchObject({ adopted: true });
    const td = await (await world.fetch(path)).json();
    expect(td).toMatchObject({ id, title: 'thingTalk gateway' });
    const href = new URL(td.properties.state.forms[0].href, td.base);
    expect(await (await fetch(href)).json()).toBe('running');

    await runCommand(`${thingtalk} forget ${id} ${at}`);
    expect((await world.fetch(path)).status).toBe(404);
    expect(await offer()).toMatchObject({ adopted: false });
  });

  test('is gone from the list of others as soon as it ends', async () => {
    await using world = await startGatewayWorld({ discovery: 'on', name: uniqueName() });
    const sources = async (): Promise<readonly string[]> =>
      ((await (await world.fetch('/discovered')).json()) as Discovered[]).map(({ from }) => from);
    await using leaving = await exposeLamp('');
    const [, label = ''] = await leaving.says(
      /"name":"([^"]*)\._wot\._tcp\.local"[^\n]*announced by/,
    );
    await expect.poll(sources, { timeout: 20_000 }).toContain(label);
    expect(await leaving.stop()).toBe(0);
    await expect.poll(sources, { timeout: 20_000 }).not.toContain(label);
  });
});

test('without a network what adapters find is adopted and forgotten all the same', async () => {
  await using world = await startGatewayWorld({ discovery: 'off' }, { adapters: [virtualHouse()] });
  const discovered = async (): Promise<readonly Discovered[]> =>
    (await world.fetch('/discovered')).json();
  const spare = 'urn:thingtalk:virtual:bedroom-light';
  const path = encodeURIComponent(spare);
  expect(await discovered()).toEqual([
    expect.objectContaining({ id: spare, via: 'adapter', from: 'virtual', adopted: false }),
  ]);
  const [{ href } = { href: '' }] = await discovered();
  const found = await fetch(href);
  expect(found.headers.get('content-type')).toBe('application/td+json');
  expect(await found.json()).toMatchObject({ id: spare, title: 'Bedroom light' });

  const adopted = await world.fetch(`/discovered/${path}/adopt`, { method: 'POST' });
  expect([adopted.status, adopted.headers.get('location')]).toEqual([201, `/things/${path}`]);
  await world.when(spare);
  expect(await discovered()).toEqual([]);

  const gone = world.gone(spare);
  await world.fetch(`/things/${path}/forget`, { method: 'POST' });
  await gone;
  await expect.poll(async () => (await discovered())[0]?.via).toBe('adapter');
  await world.fetch(`/discovered/${path}/adopt`, { method: 'POST' });
  await world.when(spare, ({ liveness }) => liveness.online);
});

test('what cannot be discovered is not found', async () => {
  await using world = await startGatewayWorld({ discovery: 'off' });
  for (const id of [
    'nobody',
    'urn:dev:nobody',
    '%00',
    `urn:${'x'.repeat(1_000)}`,
    '%F0%9F%92%A1',
  ]) {
    const asked = [
      await world.fetch(`/discovered/${id}`),
      await world.fetch(`/discovered/${id}/adopt`, { method: 'POST' }),
    ];
    for (const answer of asked) {
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ type: 'urn:thingtalk:problem:thing-not-found' });
    }
  }
});

test('what is switched off is not announced', async () => {
  await using world = await startGatewayWorld({ discovery: 'off' });
  expect(await (await world.fetch('/discovered')).json()).toEqual([]);
  expect(world.log.map(({ message }) => message)).not.toContain('announced by DNS-SD');
});
