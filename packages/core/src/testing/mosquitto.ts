import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { testProgram } from './test-program.ts';

/** Whether suites that need a real mosquitto can run here: `describe.skipIf(!hasMosquitto())`. */
export function hasMosquitto(): boolean {
  return testProgram('THINGTALK_TEST_MOSQUITTO') !== undefined;
}

/** How a {@link Mosquitto} is set up. */
export interface MosquittoOptions {
  /** More lines of mosquitto.conf, as `max_queued_messages 10`. It keeps nothing on disk unless these say so. */
  readonly settings?: readonly string[];
}

/** A real mosquitto, alone on ports of the loopback; disposing of it stops it. */
export interface Mosquitto extends AsyncDisposable {
  /** `mqtt://127.0.0.1:<port>` */
  readonly url: string;
  /** `ws://127.0.0.1:<port>` of its WebSocket listener. */
  readonly wsUrl: string;
  readonly port: number;
  /** Ends it as a crash would. Resolves when it is gone. */
  kill9(): Promise<void>;
  /** Starts it again, on the same ports, killing it first if it still runs. Resolves when it listens. */
  restart(): Promise<void>;
}

/**
 * Starts a mosquitto of our own.
 *
 * @throws `Error` when it is not installed, or does not come up.
 */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const program = testProgram('THINGTALK_TEST_MOSQUITTO');
  if (program === undefined) throw new Error('mosquitto is not installed');
  const [port, wsPort] = [await freePort(), await freePort()];
  const folder = await mkdtemp(join(tmpdir(), 'thingtalk-mosquitto-'));
  const config = join(folder, 'mosquitto.conf');
  const lines = [
    'allow_anonymous true',
    ...(options.settings ?? []),
    `listener ${port} 127.0.0.1`,
    `listener ${wsPort} 127.0.0.1`,
    'protocol websockets',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const server = new MosquittoProcess(program, config);
  await server.start();
  return {
    url: `mqtt://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${wsPort}`,
    port,
    kill9: () => server.kill(),
    async restart() {
      await server.kill();
      await server.start();
    },
    async [Symbol.asyncDispose]() {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

class MosquittoProcess {
  readonly #program: string;
  readonly #config: string;
  #child: ChildProcess | undefined;

  constructor(program: string, config: string) {
    this.#program = program;
    this.#config = config;
  }

  /** Resolves when it says that it runs, which it does once it listens. */
  async start(): Promise<void> {
    // Pipes of its own: a server that held the test runner's would keep it from ending.
    const child = spawn(this.#program, ['-c', this.#config], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    endWithUs(child);
    const said: string[] = [];
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', () =>
        reject(new Error(`mosquitto ended before it ran: ${said.join('; ')}`)),
      );
      createInterface({ input: child.stderr }).on('line', (line) => {
        said.push(line);
        if (/version .* running/.test(line)) resolve();
      });
    });
  }

  /** By SIGKILL always: mosquitto 2.0.11 may miss a SIGTERM that comes right after its start. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}

/** Ends a child when this process ends in whatever way, by a shell that then reads the end of its input. */
function endWithUs(child: ChildProcess): void {
  const watch = spawn('sh', ['-c', 'cat; kill -9 "$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watch.unref();
  child.once('exit', () => watch.kill('SIGKILL'));
}

/** A port that nobody listened on a moment ago: for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
