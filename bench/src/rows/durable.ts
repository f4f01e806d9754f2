import type { Contender, Contest } from '../contest.ts';
import type { JournalTask } from '../load/journal.ts';
import type { LoadResult } from '../load/program.ts';
import type { PubackTask } from '../load/puback.ts';
import { Program } from '../process/program.ts';
import { putLoad } from './http.ts';
import { runLoad, served } from './server.ts';

/** Writers at a time, each of whom waits for its acknowledgement; or publishes under way. */
const writers = 64;

/** The journal alone, in a process on the servers' core; each measurement begins with an empty database. */
function journal(name: string, how: JournalTask['how'], remark?: string): Contender {
  return {
    name,
    start: async (run) => ({
      remark,
      measure: async (seconds) => {
        const task: JournalTask = { how, writers, seconds };
        const options = { core: run.cores?.server };
        await using program = Program.start('load/journal.ts', [JSON.stringify(task)], options);
        return await program.line<LoadResult>();
      },
      [Symbol.asyncDispose]: async () => {},
    }),
  };
}

const mosquitto: Contender = {
  name: 'mosquitto, PUBACK',
  async start(run) {
    const broker = served('', 'persistent-mosquitto.ts', [], (server, of, seconds) => {
      if (server.mqttPort === undefined) throw new Error('there is no broker');
      const task: PubackTask = {
        mqttPort: server.mqttPort,
        pids: server.pids,
        inFlight: writers,
        seconds,
      };
      return runLoad(of, 'puback.ts', task);
    });
    return { ...(await broker.start(run)), remark: 'in memory; its file is written every 30 min' };
  },
};

/** How many writes a second are acknowledged; ours and the single commits are on disk by then. */
export const durableRow: Contest = {
  name: 'durable-writes',
  title: 'Acknowledged writes, 64 at a time',
  unit: '1/s',
  baseline: 'single commits',
  contenders: [
    journal('thingTalk, journal alone', 'groups'),
    served('thingTalk, PUT over HTTP', 'thingtalk.ts', ['--journal'], putLoad),
    journal('single commits', 'single commits', 'the same tables'),
    mosquitto,
  ],
};
