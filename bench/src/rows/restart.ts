import type { Contest, Run, Standing } from '../contest.ts';
import { median } from '../load/program.ts';
import { type DataDirectory, dataDirectory } from '../servers/data-directory.ts';
import { lampIdOf } from '../servers/lamp.ts';
import { announceLamps } from './announce.ts';
import { startServer } from './server.ts';
import { ensureBuild, fetchText, startCommand } from './start-command.ts';

const many = 10_000;

/** A server on the data of 10,000 lamps, and where it is asked for one value and for all descriptions. */
type Restart = (
  run: Run,
  data: string,
) => Promise<{ readonly first: string; readonly all: string } & AsyncDisposable>;

const gateway: Restart = async (run, data) => {
  const command = await startCommand(run, { data });
  return {
    first: `${command.http}/things/${lampIdOf(many)}/properties/brightness`,
    all: `${command.http}/things`,
    [Symbol.asyncDispose]: () => command[Symbol.asyncDispose](),
  };
};

const baseline: Restart = async (run, data) => {
  const server = await startServer(run, 'stored-documents.ts', [data]);
  const url = `http://127.0.0.1:${server.port}/`;
  return { first: url, all: url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};

async function standing(run: Run, restart: Restart): Promise<Standing> {
  await ensureBuild();
  const data = await lampsOnDisk(run);
  const firsts: number[] = [];
  return {
    get remark() {
      return `first 200 after ${Math.round(median(firsts))} ms`;
    },
    measure: async () => {
      const began = performance.now();
      await using server = await restart(run, data.path);
      await fetchText(server.first);
      firsts.push(performance.now() - began);
      const listing = await fetchText(server.all);
      const elapsed = performance.now() - began;
      const listed = listing.split(`"id":"${lampIdOf(1).slice(0, -1)}`).length - 1;
      if (listed !== many) throw new Error(`${listed} of ${many} Things are listed`);
      return { value: elapsed };
    },
    [Symbol.asyncDispose]: async () => data[Symbol.dispose](),
  };
}

/** What a gateway leaves that heard 10,000 bare lamps describe themselves. */
async function lampsOnDisk(run: Run): Promise<DataDirectory> {
  using stack = new DisposableStack();
  const data = stack.use(dataDirectory());
  {
    await using server = await startServer(run, 'thingtalk.ts', ['--data', data.path]);
    await announceLamps(server, many);
  }
  stack.move();
  return data;
}

/** A gateway that was ended starts again with what it knew. */
export const restartRow: Contest = {
  name: 'restart',
  title: 'Restart until 10,000 things are listed',
  unit: 'ms',
  goal: { must: 1_500, moonshot: 500, better: 'lower', about: 'figure' },
  baseline: 'node:http over the documents',
  warmUp: false,
  contenders: [
    { name: 'thingTalk', start: (run) => standing(run, gateway) },
    { name: 'node:http over the documents', start: (run) => standing(run, baseline) },
  ],
};
