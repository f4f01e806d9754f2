import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../architecture/house.ts';
import { kill9 } from './mosquitto-tools.ts';

/** How a gateway is run in a process of its own. */
export interface GatewayRun {
  /** Its directory. */
  readonly data: string;
  /** More flags, as `['--database', 'none']`. */
  readonly flags?: readonly string[];
  /** The user it runs as. Default: who runs the tests. */
  readonly uid?: number;
}

/** A line of its log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A gateway that serves in a process of its own; disposing of it kills it. */
export interface GatewayProcess extends AsyncDisposable {
  readonly http: string;
  readonly mqtt: string;
  /** What it has logged so far, warnings and worse. */
  readonly log: readonly LogLine[];
  /** Ends it as a crash would. */
  kill9(): Promise<void>;
  /** Ends it in good order. Resolves with its exit code. */
  end(): Promise<number | null>;
}

/** How a gateway ended that did not come to serve. */
export class GatewayEnded extends Error {
  override readonly name = 'GatewayEnded';
  readonly code: number | null;
  /** What it said, line by line. */
  readonly lines: readonly string[];

  constructor(code: number | null, lines: readonly string[]) {
    super(`the gateway ended with ${code}: ${lines.join('\n')}`);
    this.code = code;
    this.lines = lines;
  }
}

/**
 * Starts `thingtalk gateway` on ports of its own, as people run it. Resolves when it serves.
 *
 * @throws {@link GatewayEnded} when it does not come to serve.
 */
export async function startGatewayProcess({
  data,
  flags = [],
  uid,
}: GatewayRun): Promise<GatewayProcess> {
  const args = [
    ...['-C', '@thingtalk/source', join(root, 'packages/cli/bin/thingtalk.js')],
    ...['gateway', '--json', '--log-level', 'warn', '--http-port', '0', '--mqtt-port', '0'],
    ...['--discovery', 'off', '--data', data, ...flags],
  ];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid, env: { ...process.env, HOME: data } }),
  });
  const lines: string[] = [];
  const served = Promise.withResolvers<{ readonly http: string; readonly mqtt: string }>();
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.includes('"http"')) served.resolve(JSON.parse(line));
    else lines.push(line);
  });
  child.once('close', (code) => served.reject(new GatewayEnded(code, lines)));
  const places = await served.promise;
  return {
    ...places,
    get log() {
      return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    },
    kill9: () => kill9(child),
    end: () => endOf(child),
    [Symbol.asyncDispose]: () => kill9(child),
  };
}

async function endOf(child: ChildProcess): Promise<number | null> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
  return child.exitCode;
}
