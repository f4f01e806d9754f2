import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startMosquitto } from '@thingtalk/core/testing';
import { openPostgres, openSqlite, type Storage } from '@thingtalk/storage';
import { Diary } from './diary.ts';
import { devicesProgram, gatewayProgram, thingsProgram } from './programs.ts';
import { deviceName, type StormThing, stormThings } from './things.ts';

/** What can be killed. */
export type VictimKind = 'gateway' | 'broker' | 'things';

/** Something that is killed with SIGKILL, and started again. */
export interface Victim {
  readonly kind: VictimKind;
  /** Of the Things that are gone with it, ids; of the gateway and the broker, all. */
  readonly things: ReadonlySet<string>;
  kill9(): Promise<void>;
  /** Resolves when it says that it is there. */
  start(): Promise<void>;
}

/** Where a storm takes place: a gateway, a broker, and twenty Things in three processes. */
export interface StormWorld extends AsyncDisposable {
  /** Of the gateway's HTTP server. */
  readonly base: string;
  readonly brokerUrl: string;
  readonly things: readonly StormThing[];
  readonly victims: readonly Victim[];
  /** What the Things did. */
  readonly diaries: readonly Diary[];
  /** Opens what the gateway has stored; the gateway must be gone. */
  openStorage(): Promise<Storage>;
}

/** What a {@link StormWorld} is made of. */
export interface StormPlace {
  /** `sqlite`, or the URL of a PostgreSQL database. */
  readonly database: string;
  /** A mosquitto of its own, or the one in the gateway's process. */
  readonly broker: 'mosquitto' | 'embedded';
}

const sdkThings = 18;
const bareDevices = 2;

/** Starts everything; in the order in which one needs the other. */
export async function startStormWorld({ database, broker }: StormPlace): Promise<StormWorld> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'thingtalk-storm-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const mosquitto = broker === 'mosquitto' ? stack.use(await startMosquitto()) : undefined;
  const [httpPort, mqttPort] = [await freePort(), await freePort()];
  const brokerUrl = mosquitto?.url ?? `mqtt://127.0.0.1:${mqttPort}`;
  const things = stormThings(sdkThings, bareDevices);
  const everything = new Set(things.map(({ id }) => id));

  const data = join(folder, 'data');
  const gateway = gatewayProgram({ data, database, httpPort, broker: mosquitto?.url ?? mqttPort });
  const half = sdkThings / 2;
  const halves = [0, half].map((first, n) => {
    const directory = join(folder, `things-${n}`);
    return {
      program: thingsProgram(brokerUrl, directory, { first, count: half }),
      diary: Diary.in(directory),
      things: things.slice(first, first + half),
    };
  });
  const names = Array.from({ length: bareDevices }, (_, n) => deviceName(n));
  const directory = join(folder, 'devices');
  const devices = {
    program: devicesProgram(brokerUrl, directory, names),
    diary: Diary.in(directory),
    things: things.slice(sdkThings),
  };
  const processes = [...halves, devices];

  const victims: readonly Victim[] = [
    victim('gateway', everything, gateway),
    ...(mosquitto === undefined
      ? []
      : [victim('broker', everything, { kill9: mosquitto.kill9, start: mosquitto.restart })]),
    ...processes.map((one) =>
      victim('things', new Set(one.things.map(({ id }) => id)), one.program),
    ),
  ];
  const programs = [gateway, ...processes.map(({ program }) => program)];
  for (const program of programs) stack.use(program);
  await Promise.all(programs.map((program) => program.start()));
  const owned = stack.move();
  return {
    base: `http://127.0.0.1:${httpPort}`,
    brokerUrl,
    things,
    victims,
    diaries: processes.map(({ diary }) => diary),
    openStorage: () =>
      database === 'sqlite' ? openSqlite({ directory: data }) : openPostgres({ url: database }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function victim(
  kind: VictimKind,
  things: ReadonlySet<string>,
  program: Pick<Victim, 'kill9' | 'start'>,
): Victim {
  return { kind, things, kill9: () => program.kill9(), start: () => program.start() };
}
