import { execFile } from 'node:child_process';
import { cp, mkdtempDisposable, readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type GatewayParts,
  type GatewaySettings,
  rotateKey,
  startGateway,
} from '@thingtalk/gateway';
import { startPostgres } from '@thingtalk/storage/testing';
import { expect, test } from 'vitest';
import { root } from '../architecture/house.ts';
import { type AdministeredGateway, startSecuredGateway } from '../support/secured-gateway.ts';

const program = join(root, 'tests/support/rotate-process.ts');

/** Changes the key in another process. Resolves with what ended it: a signal, or nothing. */
function rotateAndKill(data: string, after: number): Promise<NodeJS.Signals | undefined> {
  const args = ['-C', '@thingtalk/source', program, data, String(after)];
  const { promise, resolve, reject } = Promise.withResolvers<NodeJS.Signals | undefined>();
  execFile(process.execPath, args, (error, _out, text) => {
    if (error === null) resolve(undefined);
    else if (error.signal) resolve(error.signal);
    else reject(new Error(text));
  });
  return promise;
}

const keysIn = async (data: string) =>
  (await readFile(join(data, 'master.key'), 'utf8')).trim().split('\n');

/** Starts a gateway on what another has left. */
const startAgain = (settings: GatewaySettings, parts: GatewayParts = {}) =>
  startGateway(
    { ...settings, httpPort: 0, mqttPort: 0, mqttTlsPort: 0, logLevel: 'silent' },
    parts,
  );

/** What whoever has a token from before the change finds at a gateway that is started on `data`. */
async function lookAround(settings: GatewaySettings, { admin }: AdministeredGateway) {
  await using gateway = await startAgain(settings);
  const headers = { authorization: `Bearer ${admin.token}` };
  const ask = async (path: string) =>
    (await fetch(`https://127.0.0.1:${new URL(gateway.httpUrl).port}${path}`, { headers })).json();
  const people = await ask('/people');
  return {
    people: people.length,
    record: await ask('/audit/verify'),
    rotations: (await ask('/audit?what=master-key.rotate')).entries.length,
    authority: gateway.trust?.fingerprint,
  };
}

test('the master key is changed by a command: everybody comes in as before, and the record goes on', async () => {
  await using world = await startSecuredGateway();
  await world.let('bob');
  const { gateway, thingtalk, admin } = world;
  const { settings, trust } = gateway;
  const refused = await thingtalk('security', 'rotate-key');
  expect(refused.code).toBe(1);
  expect(refused.err.join()).toContain('is in use by another process');
  await world.ask('/people', { token: 'tt_pat_wrong' });
  await gateway.drain();

  const [old = ''] = await keysIn(settings.data);
  const done = await thingtalk('security', 'rotate-key');
  expect(done).toMatchObject({
    code: 0,
    err: [expect.stringContaining('documents were sealed'), expect.stringContaining('new copy')],
  });
  const keys = await keysIn(settings.data);
  expect(keys).toHaveLength(1);
  expect(keys).not.toContain(old);
  expect((await stat(join(settings.data, 'master.key'))).mode & 0o777).toBe(0o600);
  for (const name of await readdir(settings.data, { recursive: true })) {
    const path = join(settings.data, name);
    if ((await stat(path)).isFile()) expect(await readFile(path, 'latin1')).not.toContain(old);
  }

  const found = await lookAround(settings, world);
  expect(found).toMatchObject({ people: 2, rotations: 1, authority: trust?.fingerprint });
  expect(found.record.wrong).toBeUndefined();
  // Again: the lines of two keys that are gone are looked at.
  expect((await thingtalk('security', 'rotate-key', '--json')).code).toBe(0);
  const again = await lookAround(settings, world);
  expect(again).toMatchObject({ people: 2, rotations: 2 });
  expect(again.record.wrong).toBeUndefined();
  expect(again.record.entries).toBeGreaterThan(found.record.entries);
  expect(admin.id).toMatch(/^person_/);
}, 60_000);

test('after the change somebody can be deleted of whom no key opens the earlier versions any more', async () => {
  await using world = await startSecuredGateway();
  const { id } = await world.let('bob');
  const { settings } = world.gateway;
  await world.gateway.drain();
  await rotateKey(settings, { env: {} });
  await using gateway = await startAgain(settings);
  const answer = await fetch(`https://127.0.0.1:${new URL(gateway.httpUrl).port}/people/${id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${world.admin.token}` },
  });
  expect(answer.status).toBe(204);
});

test('kill -9 after any step loses nothing, and the next run ends what was begun', async () => {
  await using world = await startSecuredGateway();
  await world.let('bob');
  await world.gateway.drain();
  await using scratch = await mkdtempDisposable(join(tmpdir(), 'thingtalk-rotate-'));
  const { settings } = world.gateway;
  const [old = ''] = await keysIn(settings.data);
  const copy = async (name: string) => {
    const data = join(scratch.path, name);
    await cp(settings.data, data, { recursive: true });
    return { ...settings, data };
  };
  const steps: string[] = [];
  await rotateKey(await copy('whole'), { env: {}, told: (step) => void steps.push(step) });
  const firstAndLast = [...new Set(steps)].flatMap((step) => [
    steps.indexOf(step),
    steps.lastIndexOf(step),
  ]);
  for (const at of new Set(firstAndLast)) {
    const killed = await copy(String(at));
    expect(await rotateAndKill(killed.data, at + 1)).toBe('SIGKILL');
    const between = await lookAround(killed, world);
    expect([steps[at], between.people, between.record.wrong]).toEqual([steps[at], 2, undefined]);
    await rotateKey(killed, { env: {} });
    const keys = await keysIn(killed.data);
    expect([steps[at], keys.length, keys.includes(old)]).toEqual([steps[at], 1, false]);
    // Once more: all of it opens with the new key alone.
    expect((await rotateKey(killed, { env: {} })).documents).toBe(
      steps.filter((step) => step === 'document').length,
    );
  }
}, 180_000);

test('on PostgreSQL it is the same, and the directory of a gateway that runs is let alone', async () => {
  await using postgres = await startPostgres();
  await using world = await startSecuredGateway({ database: await postgres.createDatabase() });
  const { settings } = world.gateway;
  const before = await keysIn(settings.data);
  await expect(rotateKey(settings, { env: {} })).rejects.toThrow('in use by another process');
  expect(await keysIn(settings.data)).toEqual(before);
  await world.gateway.drain();
  expect((await rotateKey(settings, { env: {} })).documents).toBeGreaterThan(0);
  expect(await lookAround(settings, world)).toMatchObject({ people: 1, rotations: 1 });
});

test('a key of the environment has to stand in front already, and its old one stays until it is taken out', async () => {
  const key = () => crypto.getRandomValues(Buffer.alloc(32)).toString('base64');
  const [old, next] = [key(), key()];
  await using world = await startSecuredGateway(
    {},
    { security: { env: { THINGTALK_MASTER_KEY: old } } },
  );
  const { settings } = world.gateway;
  await world.gateway.drain();
  const alone = rotateKey(settings, { env: { THINGTALK_MASTER_KEY: old } });
  await expect(alone).rejects.toThrow('put a new one in front');
  const startWith = (text: string) =>
    startAgain(settings, { security: { env: { THINGTALK_MASTER_KEY: text } } });
  {
    await using both = await startWith(`${next} ${old}`);
    both.security?.audit.record({ who: 'test', from: '', what: 'between', outcome: 'allowed' });
  }
  const done = await rotateKey(settings, { env: { THINGTALK_MASTER_KEY: `${next} ${old}` } });
  expect(done.isOldThere).toBe(true);
  await using gateway = await startWith(next);
  expect(gateway.isSetUp).toBe(true);
  expect((await gateway.security?.audit.verify())?.wrong).toBeUndefined();
});

test('a directory in which nothing is sealed is left as it is', async () => {
  await using scratch = await mkdtempDisposable(join(tmpdir(), 'thingtalk-rotate-'));
  const nothing = rotateKey({ data: scratch.path }, { env: {} });
  await expect(nothing).rejects.toThrow('nothing is sealed there');
  expect(await readdir(scratch.path)).toEqual([]);
});
