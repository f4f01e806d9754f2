import type { Contest, Run } from '../contest.ts';
import type { HttpTask } from '../load/autocannon.ts';
import { loadHttp } from '../load/http.ts';
import type { LoadResult } from '../load/program.ts';
import { cpuDuring } from '../process/cpu.ts';
import { lampId } from '../servers/lamp.ts';
import { type StartedServer, served } from './server.ts';

const connections = 64;
const bare = Array.from({ length: 101 }, (_, n) => String(n));
const wrapped = bare.map((value) => `{"brightness":${value}}`);

const brightness = `/things/${lampId}/properties/brightness`;

/** Where each server has the lamp's brightness, and how it wants it written. */
const doors = [
  {
    name: 'thingTalk',
    script: 'thingtalk.ts',
    args: [],
    path: brightness,
    bodies: bare,
  },
  {
    name: 'thingTalk, journal on',
    script: 'thingtalk.ts',
    args: ['--journal'],
    path: brightness,
    bodies: bare,
  },
  {
    name: 'thingTalk, with a token',
    script: 'thingtalk.ts',
    args: ['--secured'],
    path: brightness,
    bodies: bare,
  },
  {
    name: 'node:http',
    script: 'raw-http.ts',
    args: [],
    path: '/properties/brightness',
    bodies: bare,
  },
  {
    name: 'webthing',
    script: 'webthing.ts',
    args: [],
    path: '/properties/brightness',
    bodies: wrapped,
  },
  {
    name: 'node-wot',
    script: 'node-wot.ts',
    args: [],
    path: '/my-lamp/properties/brightness',
    bodies: bare,
  },
] as const;

async function load(
  server: StartedServer,
  run: Run,
  task: Omit<HttpTask, 'connections'>,
): Promise<LoadResult> {
  const shown = server.credentials && { tokens: server.credentials.tokens };
  const { result, us } = await cpuDuring(server.pids, () =>
    loadHttp({ ...task, ...shown, connections }, run.cores?.load),
  );
  const requests = result.value * task.seconds;
  return { ...result, cpuUs: us === undefined ? undefined : us / requests };
}

const url = (server: StartedServer, path: string) => `http://127.0.0.1:${server.port}${path}`;

/** GET of one property: routing, look-up, encoding. */
export const getRow: Contest = {
  name: 'get',
  title: 'GET property, 64 connections',
  unit: '1/s',
  goal: { must: 0.9, moonshot: 1.5, better: 'higher' },
  baseline: 'node:http',
  contenders: doors.map(({ name, script, args, path }) =>
    served(name, script, args, (server, run, seconds) =>
      load(server, run, { url: url(server, path), seconds }),
    ),
  ),
};

/** Writes the brightness of our lamp, over all connections. */
export function putLoad(server: StartedServer, run: Run, seconds: number): Promise<LoadResult> {
  return load(server, run, { url: url(server, brightness), seconds, bodies: bare });
}

/** PUT of one property with a different value each time: parsing, validation, the Thing's confirmation. */
export const putRow: Contest = {
  name: 'put',
  title: 'PUT property, validated, 64 connections',
  unit: '1/s',
  goal: { must: 0.9, moonshot: 1.6, better: 'higher' },
  baseline: 'node:http',
  contenders: doors.map(({ name, script, args, path, bodies }) =>
    served(name, script, args, (server, run, seconds) =>
      load(server, run, { url: url(server, path), seconds, bodies }),
    ),
  ),
};
