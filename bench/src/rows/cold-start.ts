import { get } from 'node:http';
import type { Contender, Contest, Run } from '../contest.ts';
import { median } from '../load/program.ts';
import { lampId } from '../servers/lamp.ts';
import { startServer } from './server.ts';

const startsPerRound = 3;

function starter(name: string, script: string, path: string): Contender {
  return {
    name,
    async start(run: Run) {
      return {
        measure: async () => {
          const times: number[] = [];
          for (let n = 0; n < startsPerRound; n++) times.push(await startOnce(run, script, path));
          return { value: median(times) };
        },
        [Symbol.asyncDispose]: async () => {},
      };
    },
  };
}

/** From starting the process to the first 200, in milliseconds. */
async function startOnce(run: Run, script: string, path: string): Promise<number> {
  const start = performance.now();
  await using server = await startServer(run, script);
  const status = await firstStatus(`http://127.0.0.1:${server.port}${path}`);
  const elapsed = performance.now() - start;
  if (status !== 200) throw new Error(`the first answer was ${status}`);
  return elapsed;
}

function firstStatus(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

/** A process is started and asked for a property until it answers 200. */
export const coldStartRow: Contest = {
  name: 'cold-start',
  title: 'Cold start to the first 200',
  unit: 'ms',
  goal: { must: 400, moonshot: 150, better: 'lower', about: 'figure' },
  baseline: 'node:http',
  contenders: [
    starter('thingTalk', 'thingtalk.ts', `/things/${lampId}/properties/brightness`),
    starter('node:http', 'raw-http.ts', '/properties/brightness'),
    starter('webthing', 'webthing.ts', '/properties/brightness'),
    starter('node-wot', 'node-wot.ts', '/my-lamp/properties/brightness'),
  ],
};
