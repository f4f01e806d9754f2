import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger, ThingNote, ThingRecord } from '@thingtalk/core';
import {
  type Gateway,
  type GatewayParts,
  type GatewaySettings,
  startGateway,
} from '@thingtalk/gateway';

/** A line of the log. */
export interface Logged {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A gateway on ports of its own, with a data directory that goes when it goes. */
export interface GatewayWorld extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly log: readonly Logged[];
  /** `fetch` on a path of its HTTP server. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** PUT of a JSON value; resolves with the status. */
  readonly put: (path: string, value: unknown) => Promise<number>;
  /** The Thing, as soon as `isSo` holds for it; at once when it does already. */
  readonly when: (id: string, isSo?: (thing: ThingRecord) => boolean) => Promise<ThingRecord>;
  /** Resolves when the Thing is taken away. */
  readonly gone: (id: string) => Promise<void>;
}

/** Starts one. */
export async function startGatewayWorld(
  settings: Partial<GatewaySettings> = {},
  parts: GatewayParts = {},
): Promise<GatewayWorld> {
  const data = await mkdtemp(join(tmpdir(), 'thingtalk-gateway-'));
  const log: Logged[] = [];
  const gateway = await startGateway(
    { httpPort: 0, mqttPort: 0, data, discovery: 'off', security: 'demo', ...settings },
    { logger: collect(log), ...parts },
  );
  const request = (path: string, init?: RequestInit) => fetch(gateway.httpUrl + path, init);
  const { things } = gateway;

  /** Looks now, and after each note, until there is something to see. */
  function look<T>(find: (note?: ThingNote) => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      let stop = () => {};
      const check = (note?: ThingNote) => {
        const found = find(note);
        if (found === undefined) return;
        stop();
        resolve(found);
      };
      stop = things.watch('all', check);
      check();
    });
  }

  return {
    gateway,
    log,
    fetch: request,
    async put(path, value) {
      const headers = { 'content-type': 'application/json' };
      const response = await request(path, { method: 'PUT', headers, body: JSON.stringify(value) });
      await response.arrayBuffer();
      return response.status;
    },
    when: (id, isSo = () => true) =>
      look(() => {
        const thing = things.find(id);
        return thing !== undefined && isSo(thing) ? thing : undefined;
      }),
    gone: async (id) => {
      await look(() => (things.find(id) === undefined ? true : undefined));
    },
    async [Symbol.asyncDispose]() {
      await gateway.drain();
      await rm(data, { recursive: true });
    },
  };
}

function collect(log: Logged[]): Logger {
  const at = (level: Logged['level']) => (fields: object, message: string) => {
    log.push({ level, fields: { ...fields }, message });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
