import { startPostgres } from '@thingtalk/storage/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { hasMosquitto } from '../support/mosquitto.ts';
import { runCommand } from '../support/shell.ts';
import { Crowd } from './crowd.ts';
import { fewestWrites, type Restart, type StormPlan, strike } from './storm.ts';
import { type StormPlace, type StormWorld, startStormWorld } from './storm-world.ts';
import { faultsOf } from './verdict.ts';
import { Witness } from './witness.ts';

/** How often each kind is killed; `npm run test:faults` says 100. */
const kills = Number(process.env.THINGTALK_TEST_KILLS ?? 10);
/** What decides when which is killed. */
const seed = Number(process.env.THINGTALK_TEST_SEED ?? Date.now() % 2 ** 31);
const timeoutMs = 180_000 + kills * 60_000;

/** What came of a storm: how much was acknowledged, and how long what was killed took to serve again. */
interface Figures {
  readonly writes: number;
  readonly events: number;
  readonly runs: number;
  readonly restarts: readonly Restart[];
}

/** One storm, a look at what is there, then everything killed at once, and a look again. */
async function weather(place: StormPlace, plan: StormPlan): Promise<Figures> {
  await using world = await startStormWorld(place);
  await using witness = await Witness.open(world.brokerUrl);
  const crowd = new Crowd(world.base, world.things);
  const restarts: Restart[] = [];
  const figures = () => ({
    writes: crowd.writes,
    events: witness.count,
    runs: crowd.completed,
    restarts,
  });
  crowd.start();
  await strike(world, crowd, plan, (restart) => {
    restarts.push(restart);
    // A long storm says how it goes; a short one only how it went.
    if (restarts.length % 60 === 0) say(place, figures());
  });
  await crowd.stop();
  await crowd.readAll();
  await killAll(world);
  await crowd.readAll();
  await crowd.writeAll();
  const held = await crowd.outcomes();
  await world.victims[0]?.kill9();
  say(place, figures());
  await using storage = await world.openStorage();
  expect(await faultsOf({ crowd, witness, diaries: world.diaries, held, storage })).toEqual([]);
  return figures();
}

/** Everything at once, and everything anew. */
async function killAll({ victims }: StormWorld): Promise<void> {
  await Promise.all(victims.map((victim) => victim.kill9()));
  await Promise.all(victims.map((victim) => victim.start()));
}

/** Past the reporter, which shows what a test says only once the test is over. */
function say({ database, broker }: StormPlace, figures: Figures): void {
  const where = `${database.split(':')[0]}, ${broker} broker`;
  process.stderr.write(`${where}: ${shown(figures)} (seed ${seed})\n`);
}

function shown({ writes, events, runs, restarts }: Figures): string {
  const acknowledged = `acknowledged ${writes} writes, ${events} events, ${runs} runs`;
  const kinds = Map.groupBy(restarts, ({ kind }) => kind);
  const killed = [...kinds].map(([kind, all]) => {
    const written = spread(all.map(({ writtenMs }) => writtenMs));
    const answered = all.flatMap(({ answeredMs }) => answeredMs ?? []);
    const answers = answered.length > 0 ? `answers after ${spread(answered)}, ` : '';
    return `${kind} killed ${all.length} times, ${answers}written to after ${written}`;
  });
  return [acknowledged, ...killed].join('; ');
}

/** Median and worst. */
function spread(ms: readonly number[]): string {
  const sorted = ms.toSorted((a, b) => a - b);
  return `${sorted[Math.floor(sorted.length / 2)]} ms (worst ${sorted.at(-1)})`;
}

/** A test that kills nothing, or to which nothing is acknowledged, shows nothing. */
function expectMany(
  { writes, events, runs, restarts }: Figures,
  { kinds, times }: StormPlan,
): void {
  expect(restarts).toHaveLength(kinds.length * times);
  expect(writes).toBeGreaterThanOrEqual(times * fewestWrites);
  expect(events).toBeGreaterThan(times * 10);
  expect(runs).toBeGreaterThan(times * 10);
}

// Who is killed thirty times should start as fast as `npm start` does.
beforeAll(async () => {
  await runCommand('node scripts/build-start.mjs');
}, 60_000);

describe.concurrent('of what was acknowledged, nothing is lost and nothing done twice', () => {
  const everything = { kinds: ['gateway', 'broker', 'things'], times: kills, seed } as const;

  test.skipIf(!hasMosquitto())(
    'when the gateway, the broker and the things are killed, on SQLite',
    async () => {
      const place = { database: 'sqlite', broker: 'mosquitto' } as const;
      expectMany(await weather(place, everything), everything);
    },
    timeoutMs,
  );

  test.skipIf(!hasMosquitto())(
    'when the gateway, the broker and the things are killed, on PostgreSQL',
    async () => {
      await using server = await startPostgres();
      const place = { database: await server.createDatabase(), broker: 'mosquitto' } as const;
      expectMany(await weather(place, everything), everything);
    },
    timeoutMs,
  );

  test(
    'when the gateway is killed with the broker in it',
    async () => {
      const plan = { kinds: ['gateway', 'things'], times: Math.ceil(kills / 3), seed } as const;
      const place = { database: 'sqlite', broker: 'embedded' } as const;
      expectMany(await weather(place, plan), plan);
    },
    timeoutMs,
  );
});
