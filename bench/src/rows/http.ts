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

interface Door {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  /** Where it has the lamp's brightness. */
  readonly path: string;
  /** How it wants it written. */
  readonly bodies: readonly string[];
}

const ourDoor = (name: string, ...args: readonly string[]): Door => ({
  ...{ name, script: 'thingtalk.ts', args, path: brightness, bodies: bare },
});

const rawDoor = (name: string, ...args: readonly string[]): Door => ({
  ...{ name, script: 'raw-http.ts', args, path: '/properties/brightness', bodies: bare },
});

const journalDoor = ourDoor('thingTalk, journal on', '--journal');
const tokenDoor = ourDoor('thingTalk, with a token', '--secured');

const doors: readonly Door[] = [
  ourDoor('thingTalk'),
  journalDoor,
  tokenDoor,
  rawDoor('node:http'),
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
];

const storedDoor = rawDoor('node:http, stored', '--stores');

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

const writer = ({ name, script, args, path, bodies }: Door) =>
  served(name, script, args, (server, run, seconds) =>
    load(server, run, { url: url(server, path), seconds, bodies }),
  );

const putGoal = { must: 0.9, moonshot: 1.6, better: 'higher' } as const;

/** PUT of one property with a different value each time: parsing, validation, the Thing's confirmation. */
export const putRow: Contest = {
  name: 'put',
  title: 'PUT property, validated, 64 connections',
  unit: '1/s',
  goal: putGoal,
  baseline: 'node:http',
  contenders: doors.map(writer),
};

/** The same, answered when it is on disk, by both sides. */
export const storedPutRow: Contest = {
  name: 'put-stored',
  title: 'PUT property, validated and stored, 64 connections',
  unit: '1/s',
  goal: putGoal,
  baseline: storedDoor.name,
  contenders: [journalDoor, tokenDoor, storedDoor].map(writer),
};
