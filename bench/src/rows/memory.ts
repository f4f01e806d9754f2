import type { Contender, Contest, Run } from '../contest.ts';
import { Control } from '../process/control.ts';
import { announceLamps } from './announce.ts';
import { type StartedServer, startServer } from './server.ts';

const many = 10_000;
// node-wot takes minutes to expose 10,000 Things; per Thing its memory is the same at 1,000.
const some = 1_000;
const flags = ['--expose-gc'];

interface Holder {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly things: number;
  /** Makes the server hold them; by default it is told to. */
  readonly fill?: (server: StartedServer, count: number) => Promise<void>;
}

const holders: readonly Holder[] = [
  { name: 'thingTalk', script: 'thingtalk.ts', args: [], things: many, fill: announceLamps },
  {
    name: 'thingTalk, journal on',
    script: 'thingtalk.ts',
    args: ['--journal'],
    things: many,
    fill: announceLamps,
  },
  { name: 'thingTalk, exposed here', script: 'thingtalk-exposed.ts', args: [], things: many },
  { name: 'webthing', script: 'webthing.ts', args: ['--many'], things: many },
  { name: 'node-wot', script: 'node-wot.ts', args: [], things: some },
];

function holder({ name, script, args, things, fill }: Holder): Contender {
  return {
    name,
    async start(run: Run) {
      return {
        remark: `${things} things`,
        // Every measurement is a process of its own: memory that was once held does not all come back.
        measure: async () => {
          await using server = await startServer(run, script, args, flags);
          using control = new Control(server.control);
          const before = await heldAtRest(control);
          if (fill) await fill(server, things);
          else await control.order({ do: 'populate', count: things });
          return { value: ((await heldAtRest(control)) - before) / things / 1024 };
        },
        [Symbol.asyncDispose]: async () => {},
      };
    },
  };
}

/** What is held once nothing is under way: 10,000 Things come in a second, and a journal is not done with them by then. */
async function heldAtRest(control: Control): Promise<number> {
  const held = async () => (await control.order({ do: 'memory' })).bytes ?? Number.NaN;
  for (let before = await held(); ; ) {
    const now = await held();
    if (before - now < before / 1_000) return now;
    before = now;
  }
}

/** Memory of a lamp (2 properties with values, 1 action, 1 event) that the gateway knows from the wire. */
export const memoryRow: Contest = {
  name: 'memory',
  title: 'Memory per thing at 10,000',
  unit: 'KiB',
  goal: { must: 4, moonshot: 2, better: 'lower', about: 'figure' },
  baseline: 'webthing',
  warmUp: false,
  maxRounds: 3,
  contenders: holders.map(holder),
};
