import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from './contract.ts';

/** A mosquitto of one's own, on a free port. */
export interface Mosquitto {
  readonly port: number;
  readonly pid: number;
  close(): Promise<void>;
}

/** Starts mosquitto; it inherits the core this process is pinned to. */
export async function startMosquitto(): Promise<Mosquitto> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'thingtalk-bench-'));
  const config = join(directory, 'mosquitto.conf');
  // Nagle's algorithm off and no queue bound: its best case.
  writeFileSync(
    config,
    `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 0\n`,
  );
  const child = spawn('mosquitto', ['-c', config], { stdio: 'ignore' });
  await accepting(port, child);
  return {
    port,
    pid: child.pid ?? 0,
    close: async () => {
      child.kill();
      rmSync(directory, { recursive: true, force: true });
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
