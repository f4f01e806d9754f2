import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Servient } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';
import lamp from '@thingtalk/examples/lamp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type GatewayEnded,
  type GatewayProcess,
  startGatewayProcess,
} from '../support/gateway-process.ts';

const brightness = `/things/${lamp.id}/properties/brightness`;
const byHand = {
  '@context': 'https://www.w3.org/2022/wot/td/v1.1',
  id: 'urn:dev:by-hand',
  title: 'A description by hand',
  security: 'nosec_sc',
  securityDefinitions: { nosec_sc: { scheme: 'nosec' } },
};
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** What a gateway left that knew the lamp at 42 and a description by hand; made once, and copied. */
const left = { ended: '', killed: '' };

beforeAll(async () => {
  left.ended = await mkdtemp(join(tmpdir(), 'thingtalk-left-'));
  left.killed = await mkdtemp(join(tmpdir(), 'thingtalk-left-'));
  await using gateway = await startGatewayProcess({ data: left.ended });
  await using bus = await MqttBus.connect(gateway.mqtt);
  await new Servient({ bus }).expose(lamp);
  await request(gateway, `/things/${byHand.id}`, 'PUT', byHand, 'application/td+json');
  for (const value of [40, 41, 42]) {
    const put = async () => expect(await request(gateway, brightness, 'PUT', value)).toBe(204);
    await vi.waitFor(put, { timeout: 10_000 });
  }
  await gateway.kill9();
  await cp(left.ended, left.killed, { recursive: true });
  await using again = await startGatewayProcess({ data: left.ended });
  expect(await again.end()).toBe(0);
}, 120_000);

afterAll(async () => {
  await rm(left.ended, { recursive: true, force: true });
  await rm(left.killed, { recursive: true, force: true });
});

async function request(
  gateway: GatewayProcess,
  path: string,
  method: string,
  body: unknown,
  type = 'application/json',
): Promise<number> {
  const init = { method, headers: { 'content-type': type }, body: JSON.stringify(body) };
  return (await fetch(gateway.http + path, init)).status;
}

/** A copy of what was left, and the path of its database. */
async function copyOf(data: string) {
  const path = await mkdtemp(join(tmpdir(), 'thingtalk-damaged-'));
  await cp(data, path, { recursive: true });
  return {
    path,
    database: join(path, 'thingtalk.db'),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** Flips a bit of the file where `text` stands in it. */
async function harm(path: string, text: string): Promise<Buffer> {
  const bytes = await readFile(path);
  const at = bytes.lastIndexOf(text);
  expect(at, `'${text}' in ${path}`).toBeGreaterThan(0);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(path, bytes);
  return bytes;
}

/** What the log says of the storage. */
const errorsOf = ({ log }: GatewayProcess) =>
  log
    .filter(({ msg }) => /database/.test(String(msg)))
    .map(({ time, pid, hostname, ...rest }) => rest);

const status = async (gateway: GatewayProcess, path: string) =>
  (await fetch(gateway.http + path)).status;

const level = async (gateway: GatewayProcess) => (await fetch(gateway.http + brightness)).json();

/** How the gateway ends that cannot start there. */
async function endOf(data: string, uid?: number): Promise<GatewayEnded> {
  const start = startGatewayProcess({ data, ...(uid !== undefined && { uid }) });
  return start.then(
    async (gateway) => {
      await gateway.kill9();
      return expect.fail('it serves');
    },
    (error: GatewayEnded) => error,
  );
}

describe('a gateway whose database', { timeout: 60_000 }, () => {
  test('has a flipped byte names the row that it cost, keeps the file, and serves the rest', async () => {
    await using data = await copyOf(left.ended);
    const damaged = await harm(data.database, byHand.title);
    await using gateway = await startGatewayProcess({ data: data.path });
    expect(await level(gateway)).toBe(42);
    expect(await status(gateway, `/things/${byHand.id}`)).toBe(404);
    const [error] = errorsOf(gateway);
    expect(error).toMatchObject({
      database: data.database,
      found: expect.stringContaining(byHand.id),
      tables: {
        documents: { damaged: 1, lost: [[expect.any(String), byHand.id, 1]], incomplete: false },
      },
    });
    expect(await readFile(String(error?.kept))).toEqual(damaged);
  });

  test.each([
    ['is a text', (path: string) => writeFile(path, 'once a database\n'.repeat(999)), /damaged/],
    ['is cut', (path: string) => truncate(path, 9_000), /damaged/],
    ['is empty', (path: string) => truncate(path, 0), /gone/],
    ['is missing', (path: string) => rm(path), /gone/],
  ])('%s says so, and serves', async (_, change, message) => {
    await using data = await copyOf(left.ended);
    await change(data.database);
    await using gateway = await startGatewayProcess({ data: data.path });
    expect(await status(gateway, '/things')).toBe(200);
    expect(errorsOf(gateway)).toMatchObject([{ msg: expect.stringMatching(message) }]);
  });

  test('has rubbish for a log has lost nothing', async () => {
    await using data = await copyOf(left.ended);
    await writeFile(`${data.database}-wal`, 'this is no log\n'.repeat(999));
    await writeFile(`${data.database}-shm`, 'nor is this\n'.repeat(999));
    await using gateway = await startGatewayProcess({ data: data.path });
    expect(await level(gateway)).toBe(42);
    expect(await status(gateway, `/things/${byHand.id}`)).toBe(200);
  });

  test('has a flipped byte in the log of a killed process has all that was acknowledged after it', async () => {
    await using data = await copyOf(left.killed);
    const log = `${data.database}-wal`;
    await harm(log, byHand.title);
    await using gateway = await startGatewayProcess({ data: data.path });
    expect(await level(gateway)).toBe(42);
    expect(errorsOf(gateway)[0]).toMatchObject({
      msg: expect.stringContaining('the log of the database was damaged'),
      kept: expect.stringContaining(`${log}.damaged-`),
    });
  });

  test('was written by a newer program ends in one line that says so, and is as it was', async () => {
    await using data = await copyOf(left.ended);
    {
      using db = new DatabaseSync(data.database);
      db.exec("insert into kysely_migration values ('9999-to-come', '2030-01-01T00:00:00Z')");
    }
    const ended = await endOf(data.path);
    expect(ended.code).toBe(1);
    expect(ended.lines).toHaveLength(1);
    expect(ended.lines[0]).toContain('was written by a newer thingtalk');
    expect((await readdir(data.path)).filter((name) => name.includes('damaged'))).toEqual([]);
  });

  test('is a directory ends in one line that says so', async () => {
    await using data = await copyOf(left.ended);
    await rm(data.database);
    await mkdir(data.database);
    const ended = await endOf(data.path);
    expect(ended.code).toBe(1);
    expect(ended.lines).toEqual([
      expect.stringContaining(`the database ${data.database} cannot be used: it is a directory`),
    ]);
  });

  // Root may write everything: it takes another user to be refused, and root to become one.
  test.skipIf(!isRoot)('may not be written ends in one line that says so', async () => {
    await using data = await copyOf(left.ended);
    for (const name of ['.', ...(await readdir(data.path))]) {
      await chown(join(data.path, name), nobody, nobody);
    }
    await chmod(data.database, 0o400);
    const ended = await endOf(data.path, nobody);
    expect(ended.code).toBe(1);
    expect(ended.lines).toEqual([
      expect.stringContaining(
        `${data.database} cannot be used: this user may not read and write it`,
      ),
    ]);
  });
});
