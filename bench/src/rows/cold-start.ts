import type { Contender, Contest, Run, Standing } from '../contest.ts';
import { median } from '../load/program.ts';
import { dataDirectory } from '../servers/data-directory.ts';
import { startServer } from './server.ts';
import { type CommandOptions, ensureBuild, fetchText, startCommand } from './start-command.ts';

const startsPerRound = 3;
/** Of the virtual house, whose device says it. */
const property = '/things/urn:thingtalk:virtual:living-room-thermostat/properties/mode';

/** Something that is started, asked once and ended. */
type Start = (run: Run) => Promise<{ readonly url: string } & AsyncDisposable>;

async function starting(run: Run, start: Start): Promise<Standing> {
  return {
    measure: async () => {
      const times: number[] = [];
      for (let n = 0; n < startsPerRound; n++) times.push(await timeToFirst200(run, start));
      return { value: median(times) };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** From starting the process to the first 200, in milliseconds. */
async function timeToFirst200(run: Run, start: Start): Promise<number> {
  const began = performance.now();
  await using server = await start(run);
  await fetchText(server.url);
  return performance.now() - began;
}

function peer(name: string, script: string, path: string): Contender {
  const start: Start = async (run) => {
    const server = await startServer(run, script);
    const url = `http://127.0.0.1:${server.port}${path}`;
    return { url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  };
  return { name, start: (run) => starting(run, start) };
}

const command =
  (options: CommandOptions): Start =>
  async (run) => {
    const gateway = await startCommand(run, { flags: ['--virtual-house'], ...options });
    return {
      url: gateway.http + property,
      [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
    };
  };

/** The command, on the data of a start before. */
function again(name: string, options: Partial<CommandOptions> = {}): Contender {
  return {
    name,
    async start(run) {
      await ensureBuild();
      const data = dataDirectory();
      const standing = await starting(run, command({ data: data.path, ...options }));
      return { ...standing, [Symbol.asyncDispose]: async () => data[Symbol.dispose]() };
    },
  };
}

const firstEver: Contender = {
  name: 'thingTalk, on no data yet',
  start: (run) =>
    starting(run, async () => {
      const data = dataDirectory();
      const gateway = await command({ data: data.path })(run);
      const end = async () => {
        await gateway[Symbol.asyncDispose]();
        data[Symbol.dispose]();
      };
      return { ...gateway, [Symbol.asyncDispose]: end };
    }),
};

/** A process is started and asked for a property until it answers 200. */
export const coldStartRow: Contest = {
  name: 'cold-start',
  title: 'Cold start to the first 200',
  unit: 'ms',
  goal: { must: 400, moonshot: 150, better: 'lower', about: 'figure' },
  baseline: 'node:http',
  contenders: [
    again('thingTalk'),
    firstEver,
    again('thingTalk, from source', { fromSource: true }),
    peer('node:http', 'raw-http.ts', '/properties/brightness'),
    peer('webthing', 'webthing.ts', '/properties/brightness'),
    peer('node-wot', 'node-wot.ts', '/my-lamp/properties/brightness'),
  ],
};
