import { get } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Contender, Contest, Run } from '../contest.ts';
import type { LongAnswersTask } from '../load/long-answers.ts';
import { Control } from '../process/control.ts';
import { announceLamps } from './announce.ts';
import { runLoad, type StartedServer, startServer } from './server.ts';

const things = 10_000;

interface Lister {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly path: string;
  readonly fill?: (server: StartedServer, count: number) => Promise<void>;
}

const listers: readonly Lister[] = [
  { name: 'thingTalk', script: 'thingtalk.ts', args: [], path: '/things', fill: announceLamps },
  { name: 'webthing', script: 'webthing.ts', args: ['--many'], path: '/' },
];

function lister({ name, script, args, path, fill }: Lister): Contender {
  return {
    name,
    async start(run: Run) {
      const server = await startServer(run, script, args);
      if (fill) await fill(server, things);
      else {
        using control = new Control(server.control);
        await control.order({ do: 'populate', count: things });
      }
      const { port, pids } = server;
      return {
        remark: await checkListing(`http://127.0.0.1:${port}${path}`),
        measure: (seconds) => {
          const task: LongAnswersTask = { port, path, pids, seconds: Math.max(seconds, 3) };
          return runLoad(run, 'long-answers.ts', task);
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

/** Makes sure that the listing holds every Thing, and says how long it is: a page of a few would be no result. */
async function checkListing(url: string): Promise<string> {
  const body = await fetchBody(url);
  const list: unknown = JSON.parse(body.toString());
  const count = Array.isArray(list) ? list.length : 0;
  if (count < things) throw new Error(`the listing has ${count} of ${things} Things`);
  return `${(body.length / 1e6).toFixed(1)} MB`;
}

function fetchBody(url: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    get(url, (response) => resolve(buffer(response))).on('error', reject);
  });
}

/** All TDs of 10,000 Things in one answer, one request after another. */
export const listingRow: Contest = {
  name: 'listing',
  title: 'TD listing of 10,000',
  unit: '1/s',
  goal: { must: 4, moonshot: 20, better: 'higher' },
  baseline: 'webthing',
  maxRounds: 3,
  contenders: listers.map(lister),
};
