import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from './contract.ts';
import { dataDirectory } from './data-directory.ts';

/** A mosquitto of one's own, on a free port. */
export interface Mosquitto {
  readonly port: number;
  readonly pid: number;
  close(): Promise<void>;
}

/**
 * Starts mosquitto; it inherits the core this process is pinned to.
 *
 * @param persistence whether it writes sessions to a file, as its documentation advises. Default false.
 */
export async function startMosquitto(persistence = false): Promise<Mosquitto> {
  const port = await freePort();
  const data = dataDirectory();
  const directory = data.path;
  const config = join(directory, 'mosquitto.conf');
  // Nagle's algorithm off and no queue bound: its best case.
  writeFileSync(
    config,
    `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 0\n` +
      (persistence ? `persistence true\npersistence_location ${directory}/\n` : ''),
  );
  const child = spawn('mosquitto', ['-c', config], { stdio: 'ignore' });
  await accepting(port, child);
  return {
    port,
    pid: child.pid ?? 0,
    close: async () => {
      child.kill();
      data[Symbol.dispose]();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function accepting(port: number, child: ChildProcess): Promise<void> {
  for (let n = 0; n < 200; n++) {
    if (child.exitCode !== null) throw new Error('mosquitto ended at once');
    if (await answers(port)) return;
    await sleep(20);
  }
  throw new Error('mosquitto does not listen');
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
