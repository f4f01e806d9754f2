import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { testProgram } from '@thingtalk/core/testing';

/** The command-line clients of mosquitto, pointed at one broker. */
export interface MosquittoTools {
  /** `mosquitto_pub -t topic -m message`, with `-r` where it is to be retained, `-n` for an empty message. */
  publish(topic: string, message: string, options?: { readonly retain?: boolean }): Promise<void>;
  /** `mosquitto_sub -t topic`, with more arguments; resolves once the subscription stands. */
  subscribe(topic: string, ...more: readonly string[]): Promise<MosquittoSub>;
  /** Everything that a run of one of the two prints, however it ends. */
  run(tool: 'PUB' | 'SUB', ...args: readonly string[]): Promise<string>;
}

interface Said {
  readonly stdout: string;
  readonly stderr: string;
}

/** Who the clients are, and whom they trust. */
export interface MosquittoClient {
  /** File of the certificate authority of a broker behind TLS. */
  readonly caFile?: string;
  /** Default: none is sent. */
  readonly clientId?: string;
  readonly username: string;
  readonly password: string;
}

/** A `mosquitto_sub` that runs; disposing of it kills it, so that its will is said. */
export interface MosquittoSub extends AsyncDisposable {
  /** The next message it prints. */
  next(): Promise<string>;
}

/**
 * @param url of the broker, as `mqtt://127.0.0.1:1883`
 * @param client default: nobody in particular
 */
export function mosquittoTools(url: string, client?: MosquittoClient): MosquittoTools {
  const { hostname, port } = new URL(url);
  const broker = ['-h', hostname, '-p', port, ...(client ? argumentsOf(client) : [])];
  const start = (tool: 'PUB' | 'SUB', args: readonly string[]) =>
    promisify(execFile)(program(tool), [...broker, ...args]);
  return {
    async publish(topic, message, { retain = false } = {}) {
      const content = message === '' ? ['-n'] : ['-m', message];
      const flags = retain ? ['-r'] : [];
      await start('PUB', ['-t', topic, ...flags, ...content]);
    },
    subscribe: (topic, ...more) => startSub([...broker, '-t', topic, ...more]),
    async run(tool, ...args) {
      const { stdout, stderr } = await start(tool, args).catch((failed: Said) => failed);
      return stdout + stderr;
    },
  };
}

function argumentsOf({ caFile, clientId, username, password }: MosquittoClient): readonly string[] {
  const trust = caFile === undefined ? [] : ['--cafile', caFile];
  const name = clientId === undefined ? [] : ['-i', clientId];
  return [...trust, ...name, '-u', username, '-P', password];
}
function program(tool: 'PUB' | 'SUB'): string {
  const path = testProgram(`THINGTALK_TEST_MOSQUITTO_${tool}`);
  if (path === undefined) throw new Error('the clients of mosquitto are not installed');
  return path;
}

async function startSub(args: readonly string[]): Promise<MosquittoSub> {
  // -d tells when the subscription stands; messages are told apart from that talk by a mark. Into a pipe it would
  // print only when a buffer is full.
  const command = [program('SUB'), ...args, '-d', '-F', 'message %p'];
  const child = spawn('stdbuf', ['-oL', ...command], { stdio: ['ignore', 'pipe', 'ignore'] });
  const messages: string[] = [];
  const standing = Promise.withResolvers<void>();
  let wake = () => {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('message ')) messages.push(line.slice('message '.length));
    if (line.startsWith('Subscribed')) standing.resolve();
    wake();
  });
  await standing.promise;
  return {
    async next() {
      for (;;) {
        const message = messages.shift();
        if (message !== undefined) return message;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    [Symbol.asyncDispose]: () => kill9(child),
  };
}

/** Ends a process as a crash would. */
export async function kill9(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
